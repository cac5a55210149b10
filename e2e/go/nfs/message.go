package main

import (
	"os"
	"syscall"
)

// Who calls (AUTH_SYS): the server decides by it what is allowed.
type credentials struct {
	uid, gid uint32
	groups   []uint32
}

// AUTH_SYS carries no more.
const maxGroups = 16

const (
	isCall     = 0
	isReply    = 1
	rpcVersion = 2
	authNone   = 0
	authSys    = 1
	accepted   = 0
)

func callMessage(xid uint32, what procedure, who credentials, args []byte) []byte {
	message := encoder{}
	message.uint32(xid, isCall, rpcVersion, what.program, what.version, what.number)
	message.uint32(authSys)
	message.bytes(who.encoded())
	message.uint32(authNone, 0)
	return append(message, args...)
}

func (c credentials) encoded() []byte {
	name, _ := os.Hostname()
	groups := c.groups[:min(len(c.groups), maxGroups)]
	body := encoder{}
	body.uint32(0)
	body.bytes([]byte(name))
	body.uint32(c.uid, c.gid, uint32(len(groups)))
	body.uint32(groups...)
	return body
}

// results are what follows in a reply whose call was accepted and succeeded.
func results(reply []byte) (*decoder, error) {
	d := &decoder{left: reply}
	if d.uint32() != isReply || d.failed {
		return nil, syscall.EIO
	}
	if d.uint32() != accepted {
		return nil, syscall.EACCES // the credentials were rejected
	}
	d.uint32()
	d.bytes() // the server's verifier
	switch status := d.uint32(); {
	case d.failed:
		return nil, syscall.EIO
	case status == 0:
		return d, nil
	case status <= 3: // no such program, version or procedure
		return nil, syscall.EOPNOTSUPP
	}
	return nil, syscall.EIO
}
