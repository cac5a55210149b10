// Command mount.nfs is a client of NFS version 3 in user space, for kernels that have none: mount(8) calls it for
// "mount -t nfs" as it calls the one of nfs-utils, and it says what that one says (2.6.2, Debian 12). Files are shown
// through FUSE, so a mount is of type fuse.nfs. They can only be read.
//
// No data is cached and nothing is read ahead: each read of a program goes to the server as it is. So a model that is
// read twice is fetched twice, as one that is larger than the memory would be.
//
//	mount.nfs HOST:PATH DIRECTORY [-rvwfns] [-o OPTIONS]
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

const (
	// The exit codes of mount(8).
	usageFailure = 1
	mountFailure = 32
	// Set where this is the process that stays.
	staysVariable = "STOWAGE_MOUNT_NFS_STAYS"
	mounted       = "mounted"
)

// The thread that starts the other process, and the one that it is started as: the kernel ties those (PR_SET_PDEATHSIG).
func init() { runtime.LockOSThread() }

func main() {
	what, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, errSyntax):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(usageFailure)
	case err != nil:
		fail(what, err)
	case !exists(what.target):
		fail(what, errors.New("mount point "+what.target+" does not exist"))
	case what.options.fake:
	case os.Getenv(staysVariable) != "":
		stay(what)
	default:
		start()
	}
}

// start runs this program again and leaves it behind when it has mounted. Until then they end together.
func start() {
	reader, writer, err := os.Pipe()
	if err != nil {
		fail(request{}, err)
	}
	command := &exec.Cmd{Path: "/proc/self/exe", Args: os.Args}
	command.Env = append(os.Environ(), staysVariable+"=1")
	command.Dir = "/"
	command.Stdout = writer
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		fail(request{}, err)
	}
	writer.Close()
	said, _ := io.ReadAll(reader)
	if string(bytes.TrimSpace(said)) == mounted {
		return
	}
	os.Stderr.Write(said)
	os.Exit(mountFailure)
}

// stay mounts, says on stdout how that went, and serves until it is unmounted.
func stay(what request) {
	os.Unsetenv(staysVariable)
	server, err := mount(context.Background(), what)
	if err != nil {
		fmt.Fprintln(os.Stdout, message(what, err))
		os.Exit(mountFailure)
	}
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, 0, 0)
	fmt.Fprintln(os.Stdout, mounted)
	os.Stdout.Close()
	server.Wait()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

func fail(what request, err error) {
	fmt.Fprintln(os.Stderr, message(what, err))
	os.Exit(mountFailure)
}

// message is what mount.nfs of nfs-utils prints for an error (utils/mount/error.c).
func message(what request, err error) string {
	said := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		said = words(errno)
	}
	switch errno {
	case syscall.EACCES:
		said = "access denied by server while mounting " + what.source
	case syscall.EINVAL:
		said = "an incorrect mount option was specified"
	case syscall.EOPNOTSUPP:
		said = "requested NFS version or transport protocol is not supported"
	case syscall.ENOTDIR:
		said = fmt.Sprintf("mount spec %s or point %s is not a directory", what.source, what.target)
	case syscall.EBUSY:
		said = what.source + " is busy or already mounted or sharecache fail"
	case syscall.ENOENT:
		said = fmt.Sprintf("mounting %s failed, reason given by server: %s", what.source, words(errno))
	case syscall.EIO:
		said = "mount system call failed"
	}
	return filepath.Base(os.Args[0]) + ": " + said
}

// words are those of strerror(3), which begin with a capital; Go's do not.
func words(errno syscall.Errno) string {
	said := errno.Error()
	if errno == syscall.ESTALE {
		said = "stale file handle" // Go still has an older wording
	}
	return string(said[0]-'a'+'A') + said[1:]
}
