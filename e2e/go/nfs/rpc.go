package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// What is called: a procedure of a version of a program (RFC 5531).
type procedure struct{ program, version, number uint32 }

// How long a server is waited for.
type patience struct {
	// After which a call is sent again.
	timeo   time.Duration
	retrans int
	// Whether a call fails in the end: after timeo·(1 + retrans), as the kernel's client over TCP.
	soft bool
	// Whether a connection that is refused is an error at once, as it is while mounting.
	impatient bool
}

// The pause before a connection that failed is tried again.
const reconnectPause = 100 * time.Millisecond

// A client calls one server over one connection at a time, which is made again when it breaks. Calls do not wait for
// one another.
type client struct {
	address  string
	patience patience
	mu       sync.Mutex
	link     *link
}

var lastXid atomic.Uint32

func init() { lastXid.Store(uint32(time.Now().UnixNano())) }

// call gives the results of a procedure. Errors are syscall.Errno: ETIMEDOUT, EINTR where ctx ended, and, of an
// impatient client, why there is no connection.
func (c *client) call(ctx context.Context, what procedure, who credentials, args []byte) (*decoder, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if c.patience.soft {
		limit := c.patience.timeo * time.Duration(1+c.patience.retrans)
		limited, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	xid := lastXid.Add(1)
	message := callMessage(xid, what, who, args)
	for {
		reply, err := c.attempt(limited, xid, message)
		if err == nil {
			return results(reply)
		}
		switch {
		case ctx.Err() != nil:
			return nil, syscall.EINTR
		case limited.Err() != nil:
			return nil, syscall.ETIMEDOUT
		case c.patience.impatient && !errors.Is(err, errUnanswered):
			return nil, reason(err)
		}
	}
}

var errUnanswered = errors.New("not answered in time")

// attempt sends a call once and waits for the answer as long as timeo.
func (c *client) attempt(ctx context.Context, xid uint32, message []byte) ([]byte, error) {
	link, err := c.connected(ctx)
	if err != nil {
		pause(ctx, reconnectPause)
		return nil, err
	}
	answer := link.expect(xid)
	defer link.forget(xid)
	if err := link.send(message); err != nil {
		return nil, err
	}
	timer := time.NewTimer(c.patience.timeo)
	defer timer.Stop()
	select {
	case reply := <-answer:
		return reply, nil
	case <-link.broken:
		return nil, syscall.ECONNRESET
	case <-timer.C:
		return nil, errUnanswered
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *client) connected(ctx context.Context) (*link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil && !c.link.isBroken() {
		return c.link, nil
	}
	dialer := net.Dialer{Timeout: c.patience.timeo}
	conn, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	c.link = newLink(conn)
	return c.link, nil
}

func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.link.conn.Close()
	}
}

func pause(ctx context.Context, length time.Duration) {
	select {
	case <-time.After(length):
	case <-ctx.Done():
	}
}

// reason is the errno of an error of the network.
func reason(err error) error {
	var errno syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &errno):
		return errno
	case errors.As(err, &timeout) && timeout.Timeout():
		return syscall.ETIMEDOUT
	}
	return fmt.Errorf("%w: %w", syscall.EIO, err)
}
