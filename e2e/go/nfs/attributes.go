package main

import (
	"context"
	"syscall"
	"time"
)

// The kinds of files, from 1 on, as the bits of a mode.
var kinds = [...]uint32{
	0, syscall.S_IFREG, syscall.S_IFDIR, syscall.S_IFBLK, syscall.S_IFCHR, syscall.S_IFLNK, syscall.S_IFSOCK, syscall.S_IFIFO,
}

func (d *decoder) attributes() attributes {
	a := attributes{kind: d.uint32(), mode: d.uint32(), links: d.uint32(), uid: d.uint32(), gid: d.uint32()}
	a.size, a.used = d.uint64(), d.uint64()
	d.uint64() // the device that it is
	d.uint64() // the file system that it is on
	a.id = d.uint64()
	a.accessed, a.modified, a.changed = d.time(), d.time(), d.time()
	return a
}

func (d *decoder) optionalAttributes() (attributes, bool) {
	if !d.bool() {
		return attributes{}, false
	}
	return d.attributes(), true
}

func (d *decoder) time() time.Time { return time.Unix(int64(d.uint32()), int64(d.uint32())) }

func (d *decoder) err() error {
	if d.failed {
		return syscall.EIO
	}
	return nil
}

// format is the file's type and permissions.
func (a attributes) format() uint32 {
	if int(a.kind) >= len(kinds) {
		return a.mode
	}
	return kinds[a.kind] | a.mode&0o7777
}

type entry struct {
	name string
	id   uint64
	// Zero where the server did not say.
	format uint32
}

// readdir lists a directory whole.
func (r *remote) readdir(ctx context.Context, who credentials, of handle) ([]entry, error) {
	var entries []entry
	cookie, verifier := uint64(0), make([]byte, verifierSize)
	for {
		args := encoder{}
		args.bytes(of)
		args.uint64(cookie)
		args.fixed(verifier)
		args.uint32(dirCount, dirMaxCount)
		d, err := r.nfs(ctx, readdirplus, who, args)
		if err != nil {
			return nil, err
		}
		d.optionalAttributes()
		verifier = d.take(verifierSize)
		for d.bool() {
			found := entry{id: d.uint64(), name: string(d.bytes())}
			cookie = d.uint64()
			if a, has := d.optionalAttributes(); has {
				found.format = a.format()
			}
			if d.bool() {
				d.bytes() // its handle
			}
			entries = append(entries, found)
		}
		if last := d.bool(); last || d.failed {
			return entries, d.err()
		}
	}
}

// Statuses of NFS are numbers of errors, but for these.
var errnos = map[uint32]syscall.Errno{
	63: syscall.ENAMETOOLONG, 66: syscall.ENOTEMPTY, 69: syscall.EDQUOT, 70: syscall.ESTALE, 71: syscall.EREMOTE,
	10001: syscall.ESTALE, 10003: syscall.EINVAL, 10004: syscall.EOPNOTSUPP, 10006: syscall.EREMOTEIO,
}

func errnoOf(status uint32) syscall.Errno {
	if errno, known := errnos[status]; known {
		return errno
	}
	if status < 63 {
		return syscall.Errno(status)
	}
	return syscall.EIO
}
