package main

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	portmapProgram = 100000
	portmapVersion = 2
	portmapGetport = 3
	portmapPort    = 111
	mountProgram   = 100005
	mountVersion   = 3
	overTCP        = 6
	// The largest read that the kernel hands over at once.
	maxRead = 1 << 20
	// The least that the kernel's NFS client trusts attributes (acregmin).
	attributeTimeout = 3 * time.Second
	// Of reads in flight.
	maxBackground = 64
	longestPause  = 10 * time.Second
)

// mount tries until it succeeds, fails for good, or has tried for as long as "retry" says: once at least.
func mount(ctx context.Context, what request) (*fuse.Server, error) {
	deadline := time.Now().Add(what.options.retry)
	for wait := time.Second; ; wait = min(2*wait, longestPause) {
		remote, root, err := attach(ctx, what)
		if err == nil {
			return show(ctx, remote, root, what)
		}
		if !isTemporary(err) || !time.Now().Before(deadline) {
			return nil, err
		}
		if !errors.Is(err, syscall.ETIMEDOUT) {
			pause(ctx, wait)
		}
	}
}

// isTemporary: these the real mount.nfs tries again after.
func isTemporary(err error) bool {
	for _, each := range []syscall.Errno{
		syscall.ESTALE, syscall.ETIMEDOUT, syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.EAGAIN,
	} {
		if errors.Is(err, each) {
			return true
		}
	}
	return false
}

// attach asks the server for the export, over the ports that its rpcbind names where none are given.
func attach(ctx context.Context, what request) (*remote, handle, error) {
	if err := resolve(ctx, what.host); err != nil {
		return nil, nil, err
	}
	mountPort, err := what.port(ctx, what.options.mountPort, mountProgram, mountVersion)
	if err != nil {
		return nil, nil, err
	}
	port, err := what.port(ctx, what.options.port, nfsProgram, nfsVersion)
	if err != nil {
		return nil, nil, err
	}
	found, below, err := what.export(ctx, mountPort)
	if err != nil {
		return nil, nil, err
	}
	result := &remote{client: what.client(port), readSize: what.options.readSize}
	root, err := result.descend(ctx, found, below)
	if err != nil {
		result.close()
		return nil, nil, err
	}
	result.patience.impatient = false
	result.patience.soft = what.options.patience.soft
	return result, root, nil
}

// client is one that does not wait for ever: mounting fails where a server does not answer.
func (r request) client(port uint16) *client {
	patient := r.options.patience
	patient.impatient, patient.soft = true, true
	return &client{address: net.JoinHostPort(r.host, strconv.Itoa(int(port))), patience: patient}
}

func (r request) port(ctx context.Context, given uint16, program, version uint32) (uint16, error) {
	if given != 0 {
		return given, nil
	}
	rpcbind := r.client(portmapPort)
	defer rpcbind.close()
	args := encoder{}
	args.uint32(program, version, overTCP, 0)
	d, err := rpcbind.call(ctx, procedure{portmapProgram, portmapVersion, portmapGetport}, credentials{}, args)
	if err != nil {
		return 0, err
	}
	if port := d.uint32(); port != 0 {
		return uint16(port), d.err()
	}
	return 0, syscall.EOPNOTSUPP // the program is not registered
}

func show(ctx context.Context, remote *remote, root handle, what request) (*fuse.Server, error) {
	a, err := remote.getattr(ctx, credentials{}, root)
	if err != nil {
		return nil, err
	}
	timeout := attributeTimeout
	stable := identity(root, a)
	return fs.Mount(what.target, &node{remote: remote, handle: root}, &fs.Options{
		AttrTimeout: &timeout, EntryTimeout: &timeout, RootStableAttr: &stable,
		MountOptions: fuse.MountOptions{
			AllowOther: true, FsName: what.source, Name: "nfs", DisableXAttrs: true,
			MaxWrite: maxRead, MaxBackground: maxBackground,
			DirectMountStrict: true, DirectMountFlags: what.options.flags | syscall.MS_SILENT,
		},
	})
}
