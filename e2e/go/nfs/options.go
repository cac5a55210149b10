package main

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What mount(8) calls this for.
type request struct {
	// HOST:PATH, as it was given; it is also what the mount is listed as.
	source, host, path, target string
	options                    options
}

// The options of nfs(5) that mean something here.
type options struct {
	patience        patience
	port, mountPort uint16
	readSize        uint32
	retry           time.Duration
	// '3', '4', or 0 where none was asked for: they find exports in ways of their own (see exports.go).
	version byte
	flags   uintptr
	fake    bool
}

var errSyntax = errors.New("usage: mount.nfs HOST:PATH DIRECTORY [-rvVwfnsh] [-o OPTIONS]")

// As nfs(5) has them, for TCP and a mount in the foreground.
var defaults = options{patience: patience{timeo: 60 * time.Second, retrans: 2}, readSize: maxRead, retry: 2 * time.Minute}

// Options that change nothing for who only reads, or that this client has no choice in.
const ignored = ` rw defaults hard minorversion proto mountproto mountvers sec lock nolock wsize ac noac acregmin acregmax
 acdirmin acdirmax actimeo nconnect max_connect resvport noresvport fg bg intr nointr cto nocto lookupcache sharecache
 nosharecache fsc nofsc rdirplus nordirplus tcp addr clientaddr local_lock acl noacl suid dev exec async relatime
 auto noauto user nouser _netdev nofail atime softreval nosoftreval softerr `

var flagsOf = map[string]uintptr{
	"ro": syscall.MS_RDONLY, "nosuid": syscall.MS_NOSUID, "nodev": syscall.MS_NODEV, "noexec": syscall.MS_NOEXEC,
	"noatime": syscall.MS_NOATIME, "nodiratime": syscall.MS_NODIRATIME, "sync": syscall.MS_SYNCHRONOUS,
}

func parse(args []string) (request, error) {
	result := request{options: defaults}
	var places, given []string
	sloppy := false
	for index := 0; index < len(args); index++ {
		arg := args[index]
		switch {
		case arg == "-o" && index+1 < len(args):
			index++
			given = append(given, strings.Split(args[index], ",")...)
		case strings.HasPrefix(arg, "-"):
			sloppy = sloppy || strings.Contains(arg, "s")
			result.options.fake = result.options.fake || strings.Contains(arg, "f")
			if strings.Contains(arg, "r") {
				given = append(given, "ro")
			}
		default:
			places = append(places, arg)
		}
	}
	if len(places) != 2 {
		return result, errSyntax
	}
	result.source, result.target = places[0], places[1]
	var isSource bool
	if result.host, result.path, isSource = strings.Cut(result.source, ":/"); !isSource {
		return result, errors.New("remote share not in 'host:dir' format")
	}
	result.path = "/" + result.path
	for _, each := range given {
		if err := result.options.set(each); err != nil && !sloppy {
			return result, err
		}
	}
	return result, nil
}

func (o *options) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	if flag, is := flagsOf[option]; is {
		o.flags |= flag
		return nil
	}
	if name == "soft" {
		o.patience.soft = true
		return nil
	}
	if name == "nfsvers" || name == "vers" {
		if value != "3" && value != "4" && !strings.HasPrefix(value, "4.") {
			return syscall.EINVAL
		}
		o.version = value[0]
		return nil
	}
	if name == "" || strings.Contains(ignored, " "+name+" ") {
		return nil
	}
	number, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return syscall.EINVAL
	}
	switch name {
	case "timeo": // in tenths of a second
		o.patience.timeo = time.Duration(max(number, 1)) * 100 * time.Millisecond
	case "retrans":
		o.patience.retrans = int(number)
	case "retry":
		o.retry = time.Duration(number) * time.Minute
	case "port":
		o.port = uint16(number)
	case "mountport":
		o.mountPort = uint16(number)
	case "rsize":
		o.readSize = min(max(uint32(number), 1024), maxRead)
	default:
		return syscall.EINVAL
	}
	return nil
}
