package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// The bit of a record's length that says that the message ends with it.
const lastFragment = 1 << 31

// A link is one connection, with the calls that wait for an answer on it.
type link struct {
	conn    net.Conn
	broken  chan struct{}
	sending sync.Mutex
	mu      sync.Mutex
	waiting map[uint32]chan []byte
}

func newLink(conn net.Conn) *link {
	l := &link{conn: conn, broken: make(chan struct{}), waiting: map[uint32]chan []byte{}}
	go l.receive()
	return l
}

func (l *link) isBroken() bool {
	select {
	case <-l.broken:
		return true
	default:
		return false
	}
}

// expect gives the channel that the answer comes on.
func (l *link) expect(xid uint32) <-chan []byte {
	answer := make(chan []byte, 1)
	l.mu.Lock()
	l.waiting[xid] = answer
	l.mu.Unlock()
	return answer
}

func (l *link) forget(xid uint32) {
	l.mu.Lock()
	delete(l.waiting, xid)
	l.mu.Unlock()
}

func (l *link) send(message []byte) error {
	record := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(message)), lastFragment|uint32(len(message)))
	l.sending.Lock()
	defer l.sending.Unlock()
	_, err := l.conn.Write(append(record, message...))
	return err
}

// receive hands each answer to who waits for it, until the connection ends.
func (l *link) receive() {
	defer close(l.broken)
	defer l.conn.Close()
	reader := bufio.NewReaderSize(l.conn, 64<<10)
	for {
		message, err := readMessage(reader)
		if err != nil || len(message) < 4 {
			return
		}
		l.mu.Lock()
		answer := l.waiting[binary.BigEndian.Uint32(message)]
		l.mu.Unlock()
		if answer != nil {
			select {
			case answer <- message[4:]:
			default: // a second answer, to a call that was sent twice
			}
		}
	}
}

func readMessage(reader io.Reader) ([]byte, error) {
	var message []byte
	for {
		var header [4]byte
		if _, err := io.ReadFull(reader, header[:]); err != nil {
			return nil, err
		}
		length := binary.BigEndian.Uint32(header[:])
		start := len(message)
		message = append(message, make([]byte, length&^uint32(lastFragment))...)
		if _, err := io.ReadFull(reader, message[start:]); err != nil {
			return nil, err
		}
		if length&lastFragment != 0 {
			return message, nil
		}
	}
}
