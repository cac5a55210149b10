package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
)

// resolve asks whether a host has an address. What is wrong may go away, or the host is not there for good.
func resolve(ctx context.Context, host string) error {
	var unresolved *net.DNSError
	// No name server knows these (RFC 6761), and not every machine has one to ask.
	if strings.HasSuffix(host, ".invalid") {
		unresolved = &net.DNSError{IsNotFound: true}
	} else if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil && !errors.As(err, &unresolved) {
		return err
	}
	switch {
	case unresolved == nil:
		return nil
	case unresolved.IsNotFound:
		return errors.New("Failed to resolve server " + host + ": Name or service not known")
	}
	return syscall.EAGAIN
}
