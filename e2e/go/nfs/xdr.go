package main

import "encoding/binary"

// An encoder collects XDR (RFC 4506): big-endian words, and bytes that are filled up to a multiple of four.
type encoder []byte

func (e *encoder) uint32(values ...uint32) {
	for _, value := range values {
		*e = binary.BigEndian.AppendUint32(*e, value)
	}
}

func (e *encoder) uint64(value uint64) { *e = binary.BigEndian.AppendUint64(*e, value) }

// bytes are preceded by their number.
func (e *encoder) bytes(value []byte) {
	e.uint32(uint32(len(value)))
	e.fixed(value)
}

func (e *encoder) fixed(value []byte) {
	*e = append(*e, value...)
	*e = append(*e, make([]byte, -len(value)&3)...)
}

// A decoder takes XDR apart. After the end it gives zeros, and says so when asked whether it was all right.
type decoder struct {
	left   []byte
	failed bool
}

func (d *decoder) take(length int) []byte {
	if length < 0 || length > len(d.left) {
		d.failed, d.left = true, nil
		return make([]byte, 8)
	}
	taken := d.left[:length]
	d.left = d.left[length:]
	return taken
}

func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }

func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }

func (d *decoder) bool() bool { return d.uint32() != 0 }

func (d *decoder) bytes() []byte {
	length := int(d.uint32())
	value := d.take(length)
	d.take(-length & 3)
	if d.failed {
		return nil
	}
	return value
}
