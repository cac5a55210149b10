package main

import (
	"context"
	"errors"
	"hash/fnv"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A node is a file or directory of the export.
type node struct {
	fs.Inode
	remote *remote
	handle handle
}

// An open file is read as who has opened it.
type open struct{ who credentials }

func (n *node) Getattr(ctx context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	a, err := n.remote.getattr(ctx, caller(ctx), n.handle)
	fill(a, &out.Attr)
	return errno(err)
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	found, a, err := n.remote.lookup(ctx, caller(ctx), n.handle, name)
	if err != nil {
		return nil, errno(err)
	}
	fill(a, &out.Attr)
	return n.NewInode(ctx, &node{remote: n.remote, handle: found}, identity(found, a)), fs.OK
}

// identity is another for another file under the number of one that was deleted.
func identity(of handle, a attributes) fs.StableAttr {
	hash := fnv.New64()
	hash.Write(of)
	return fs.StableAttr{Mode: a.format() & syscall.S_IFMT, Ino: a.id, Gen: hash.Sum64()}
}

func (n *node) Opendir(ctx context.Context) syscall.Errno {
	return errno(n.remote.mayRead(ctx, caller(ctx), n.handle))
}

func (n *node) Readdir(ctx context.Context) (fs.DirStream, syscall.Errno) {
	entries, err := n.remote.readdir(ctx, caller(ctx), n.handle)
	if err != nil {
		return nil, errno(err)
	}
	found := []fuse.DirEntry{}
	for _, each := range entries {
		if each.name != "." && each.name != ".." {
			found = append(found, fuse.DirEntry{Name: each.name, Ino: each.id, Mode: each.format})
		}
	}
	return fs.NewListDirStream(found), fs.OK
}

func (n *node) Readlink(ctx context.Context) ([]byte, syscall.Errno) {
	target, err := n.remote.readlink(ctx, caller(ctx), n.handle)
	return target, errno(err)
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if flags&syscall.O_ACCMODE != syscall.O_RDONLY {
		return nil, 0, syscall.EROFS
	}
	who := caller(ctx)
	if err := n.remote.mayRead(ctx, who, n.handle); err != nil {
		return nil, 0, errno(err)
	}
	// Whoever opens a file sees what it is now, however long attributes are trusted ("close-to-open").
	n.NotifyContent(-1, 0)
	return &open{who}, fuse.FOPEN_DIRECT_IO, fs.OK
}

func (n *node) Read(ctx context.Context, file fs.FileHandle, into []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	who, done := file.(*open).who, 0
	for done < len(into) {
		got, last, err := n.remote.read(ctx, who, n.handle, uint64(offset)+uint64(done), uint32(len(into)-done))
		if err != nil {
			return nil, errno(err)
		}
		done += copy(into[done:], got)
		if last || len(got) == 0 {
			break
		}
	}
	return fuse.ReadResultData(into[:done]), fs.OK
}

func fill(a attributes, to *fuse.Attr) {
	to.Ino, to.Size, to.Nlink, to.Mode = a.id, a.size, a.links, a.format()
	to.Blocks = (a.used + 511) / 512
	to.Owner = fuse.Owner{Uid: a.uid, Gid: a.gid}
	to.SetTimes(&a.accessed, &a.modified, &a.changed)
}

// errno is what a program is told: of a server that does not answer, EIO, as by the kernel's client with "soft".
func errno(err error) syscall.Errno {
	var known syscall.Errno
	switch {
	case err == nil:
		return fs.OK
	case errors.As(err, &known) && known != syscall.ETIMEDOUT:
		return known
	}
	return syscall.EIO
}
