package main

import (
	"context"
	"errors"
	"path"
	"strings"
	"syscall"
)

const (
	mountMnt    = 1
	mountExport = 5
)

// export finds what is to be mounted: the handle of an export, and the path below it that is still to go.
//
// A server of version 3 denies access to whatever it does not export. One of version 4 has a tree of its exports, those
// that this client may mount, which the client goes down, and says which name is not there. Who asked for version 4 gets
// that: the export is looked for in the server's list. Who asked for none gets what mount.nfs makes of a name that is
// not there: it tries version 3, which denies access (nfs_autonegotiate in utils/mount/stropts.c).
func (r request) export(ctx context.Context, port uint16) (handle, string, error) {
	mountd := r.client(port)
	defer mountd.close()
	found, err := mountd.mnt(ctx, r.path)
	if r.options.version == '3' || !errors.Is(err, syscall.EACCES) {
		return found, "", err
	}
	exports, err := mountd.exports(ctx)
	if err != nil {
		return nil, "", err
	}
	longest := ""
	for _, each := range exports {
		if isBelow(r.path, each) && len(each) > len(longest) {
			longest = each
		}
	}
	switch longest {
	case "":
		if r.options.version == '4' {
			return nil, "", syscall.ENOENT
		}
		return nil, "", syscall.EACCES
	case path.Clean(r.path):
		return nil, "", syscall.EACCES
	}
	found, err = mountd.mnt(ctx, longest)
	return found, strings.TrimPrefix(path.Clean(r.path), longest), err
}

func isBelow(which, directory string) bool {
	return path.Clean(which) == directory || strings.HasPrefix(which, strings.TrimSuffix(directory, "/")+"/")
}

func (c *client) mnt(ctx context.Context, which string) (handle, error) {
	args := encoder{}
	args.bytes([]byte(which))
	d, err := c.call(ctx, procedure{mountProgram, mountVersion, mountMnt}, credentials{}, args)
	if err != nil {
		return nil, err
	}
	if status := d.uint32(); status != 0 {
		return nil, errnoOf(status)
	}
	return d.bytes(), d.err()
}

func (c *client) exports(ctx context.Context) ([]string, error) {
	d, err := c.call(ctx, procedure{mountProgram, mountVersion, mountExport}, credentials{}, nil)
	if err != nil {
		return nil, err
	}
	var paths []string
	for d.bool() {
		paths = append(paths, string(d.bytes()))
		for d.bool() {
			d.bytes() // who may mount it
		}
	}
	return paths, d.err()
}

// descend goes down to a directory, and learns what the server gives at once.
func (r *remote) descend(ctx context.Context, from handle, below string) (handle, error) {
	for _, name := range strings.FieldsFunc(below, func(each rune) bool { return each == '/' }) {
		found, _, err := r.lookup(ctx, credentials{}, from, name)
		if err != nil {
			return nil, err
		}
		from = found
	}
	a, err := r.getattr(ctx, credentials{}, from)
	if err == nil && a.format()&syscall.S_IFMT != syscall.S_IFDIR {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, err
	}
	size, err := r.fsinfo(ctx, from)
	r.readSize = min(r.readSize, max(size, 1024))
	return from, err
}
