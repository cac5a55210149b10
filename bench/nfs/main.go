// Command nfs-mount shows a directory of an NFSv3 server, read-only, through FUSE: a real NFS client for kernels that
// have none. It prints "mounted" when files can be opened and serves until it is interrupted.
//
// Nothing is cached and nothing is read ahead: each read of a program goes to the server as it is. So a model that is
// read twice is fetched twice, as one that is larger than the memory would be.
//
//	nfs-mount HOST:/EXPORT TARGET
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/willscott/go-nfs-client/nfs"
	"github.com/willscott/go-nfs-client/nfs/rpc"
)

// The largest read that FUSE hands over at once. One more page, for its header, must still fit into a pipe (1 MiB).
const maxRead = 512 << 10

// How long the kernel trusts attributes: the shortest that a Linux NFS mount does (acregmin).
const attributeTimeout = 3 * time.Second

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: nfs-mount HOST:/EXPORT TARGET")
	}
	host, export, _ := strings.Cut(os.Args[1], ":")
	mount, err := nfs.DialMount(host, 0)
	if err != nil {
		log.Fatal(err)
	}
	remote, err := mount.Mount(export, rpc.NewAuthUnix("bench", 0, 0).Auth())
	if err != nil {
		log.Fatal(err)
	}
	timeout := attributeTimeout
	options := &fs.Options{AttrTimeout: &timeout, EntryTimeout: &timeout}
	options.MountOptions = fuse.MountOptions{DirectMount: true, MaxWrite: maxRead, Options: []string{"ro"}}
	server, err := fs.Mount(os.Args[2], &node{remote: remote, path: "/"}, options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("mounted")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	if err := server.Unmount(); err != nil {
		log.Fatal(err)
	}
}

// A node is a file or directory, known by its path below the export.
type node struct {
	fs.Inode
	remote *nfs.Target
	path   string
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	attributes, err := n.remote.Getattr(n.path)
	if err != nil {
		return errno(err)
	}
	fill(attributes, &out.Attr)
	return fs.OK
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	child := &node{remote: n.remote, path: path.Join(n.path, name)}
	attributes, err := n.remote.Getattr(child.path)
	if err != nil {
		return nil, errno(err)
	}
	fill(attributes, &out.Attr)
	return n.NewInode(ctx, child, fs.StableAttr{Mode: out.Attr.Mode & syscall.S_IFMT, Ino: attributes.Fileid}), fs.OK
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	entries, err := n.remote.ReadDirPlus(n.path)
	if err != nil {
		return nil, errno(err)
	}
	found := []fuse.DirEntry{}
	for _, entry := range entries {
		if entry.FileName != "." && entry.FileName != ".." {
			found = append(found, fuse.DirEntry{Name: entry.FileName, Ino: entry.FileId, Mode: kind(entry.IsDir())})
		}
	}
	return fs.NewListDirStream(found), fs.OK
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	file, err := n.remote.Open(n.path)
	if err != nil {
		return nil, 0, errno(err)
	}
	return file, fuse.FOPEN_DIRECT_IO, fs.OK
}

func (n *node) Read(_ context.Context, handle fs.FileHandle, into []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	read, err := handle.(*nfs.File).ReadAt(into, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errno(err)
	}
	return fuse.ReadResultData(into[:read]), fs.OK
}

func fill(from *nfs.Fattr, to *fuse.Attr) {
	to.Ino = from.Fileid
	to.Size = from.Filesize
	to.Nlink = from.Nlink
	to.Mode = kind(from.IsDir()) | from.FileMode&0o777
	changed := time.Unix(int64(from.Ctime.Seconds), int64(from.Ctime.Nseconds))
	modified := from.ModTime()
	to.SetTimes(nil, &modified, &changed)
}

func kind(directory bool) uint32 {
	if directory {
		return syscall.S_IFDIR
	}
	return syscall.S_IFREG
}

func errno(err error) syscall.Errno {
	if os.IsNotExist(err) {
		return syscall.ENOENT
	}
	return syscall.EIO
}
