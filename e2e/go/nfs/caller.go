package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// caller is who asks the kernel. It does not tell the supplementary groups, so they are looked up.
func caller(ctx context.Context) credentials {
	asker, known := fuse.FromContext(ctx)
	if !known {
		return credentials{}
	}
	return credentials{uid: asker.Uid, gid: asker.Gid, groups: groupsOf(asker.Pid)}
}

func groupsOf(pid uint32) []uint32 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	var groups []uint32
	for line := range strings.Lines(string(status)) {
		list, found := strings.CutPrefix(line, "Groups:")
		if !found {
			continue
		}
		for _, each := range strings.Fields(list) {
			if group, err := strconv.ParseUint(each, 10, 32); err == nil {
				groups = append(groups, uint32(group))
			}
		}
	}
	return groups
}
