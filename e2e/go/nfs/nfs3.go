package main

import (
	"context"
	"syscall"
	"time"
)

// The procedures of NFS version 3 (RFC 1813) that reading takes.
const (
	nfsProgram   = 100003
	nfsVersion   = 3
	getattr      = 1
	lookup       = 3
	access       = 4
	readlink     = 5
	read         = 6
	readdirplus  = 17
	fsinfo       = 19
	mayRead      = 0x01
	dirCount     = 32 << 10
	dirMaxCount  = 128 << 10
	verifierSize = 8
)

// A server's name for a file or directory.
type handle []byte

// What a server says of a file.
type attributes struct {
	kind, mode, links, uid, gid uint32
	size, used, id              uint64
	accessed, modified, changed time.Time
}

// An export of a server, mounted.
type remote struct {
	*client
	// The most that the server gives in one answer.
	readSize uint32
}

// nfs calls a procedure and looks at its status. What follows the status is the caller's, of a failure nobody's.
func (r *remote) nfs(ctx context.Context, number uint32, who credentials, args []byte) (*decoder, error) {
	d, err := r.call(ctx, procedure{nfsProgram, nfsVersion, number}, who, args)
	if err != nil {
		return nil, err
	}
	if status := d.uint32(); status != 0 {
		return nil, errnoOf(status)
	}
	return d, nil
}

func (r *remote) getattr(ctx context.Context, who credentials, of handle) (attributes, error) {
	args := encoder{}
	args.bytes(of)
	d, err := r.nfs(ctx, getattr, who, args)
	if err != nil {
		return attributes{}, err
	}
	return d.attributes(), d.err()
}

func (r *remote) lookup(ctx context.Context, who credentials, in handle, name string) (handle, attributes, error) {
	args := encoder{}
	args.bytes(in)
	args.bytes([]byte(name))
	d, err := r.nfs(ctx, lookup, who, args)
	if err != nil {
		return nil, attributes{}, err
	}
	found := handle(d.bytes())
	if of, has := d.optionalAttributes(); has || d.failed {
		return found, of, d.err()
	}
	of, err := r.getattr(ctx, who, found)
	return found, of, err
}

// mayRead asks the server, which knows what it makes of root.
func (r *remote) mayRead(ctx context.Context, who credentials, of handle) error {
	args := encoder{}
	args.bytes(of)
	args.uint32(mayRead)
	d, err := r.nfs(ctx, access, who, args)
	if err != nil {
		return err
	}
	d.optionalAttributes()
	if d.uint32()&mayRead == 0 && !d.failed {
		return syscall.EACCES
	}
	return d.err()
}

func (r *remote) readlink(ctx context.Context, who credentials, of handle) ([]byte, error) {
	args := encoder{}
	args.bytes(of)
	d, err := r.nfs(ctx, readlink, who, args)
	if err != nil {
		return nil, err
	}
	d.optionalAttributes()
	return d.bytes(), d.err()
}

// read gives as many bytes as the server sends in one answer, and whether they are the last of the file.
func (r *remote) read(ctx context.Context, who credentials, of handle, offset uint64, count uint32) ([]byte, bool, error) {
	args := encoder{}
	args.bytes(of)
	args.uint64(offset)
	args.uint32(min(count, r.readSize))
	d, err := r.nfs(ctx, read, who, args)
	if err != nil {
		return nil, false, err
	}
	d.optionalAttributes()
	d.uint32()
	last := d.bool()
	return d.bytes(), last, d.err()
}

// fsinfo gives the largest read that the server takes.
func (r *remote) fsinfo(ctx context.Context, root handle) (uint32, error) {
	args := encoder{}
	args.bytes(root)
	d, err := r.nfs(ctx, fsinfo, credentials{}, args)
	if err != nil {
		return 0, err
	}
	d.optionalAttributes()
	return d.uint32(), d.err()
}
