// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"os/exec"
)

// The program reads frames of a place, a length and a text, and writes a length and a cassette.
type emitter struct {
	in  *bufio.Writer
	out *bufio.Reader
}

func start(program, layout string) emitter {
	command := exec.Command(program, layout)
	in, _ := command.StdinPipe()
	out, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		panic(err)
	}
	return emitter{bufio.NewWriter(in), bufio.NewReader(out)}
}

func (e emitter) emit(c testCase) []byte {
	e.in.WriteByte(c.place[0])
	binary.Write(e.in, binary.LittleEndian, uint32(len(c.text)))
	e.in.WriteString(c.text)
	e.in.Flush()
	var size uint32
	if err := binary.Read(e.out, binary.LittleEndian, &size); err != nil {
		panic(err)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(e.out, data); err != nil {
		panic(err)
	}
	return data
}

// Go's order of names is none where a name holds a number of more than 63 bits: what it writes then
// depends on the chance order of its maps.
func isUnsettled(l layout, c testCase) bool {
	first := l.write(c.cassette())
	for n := 0; n < 100; n++ {
		if !bytes.Equal(first, l.write(c.cassette())) {
			return true
		}
	}
	return false
}

// Where Go's bytes are not read back by Go itself, ours must be other ones, which are.
func compare(program, name string, count int, seed int64) bool {
	l, e, r := layouts[name], start(program, name), rand.New(rand.NewSource(seed))
	same, better, unsettled, wrong := 0, 0, 0, 0
	for n := 0; n < count; n++ {
		c := random(r)
		theirs, ours := l.write(c.cassette()), e.emit(c)
		readable := c.isReadBack(l, theirs)
		switch {
		case readable && bytes.Equal(theirs, ours):
			same++
		case !readable && c.isReadBack(l, ours):
			better++
		case c.place == "sort" && c.isReadBack(l, ours) && isUnsettled(l, c):
			unsettled++
		default:
			wrong++
			if wrong <= 10 {
				fmt.Printf("%s %q (Go reads its own: %v, ours: %v)\n--- Go\n%s--- here\n%s", c.place,
					c.text, readable, c.isReadBack(l, ours), theirs, ours)
			}
		}
	}
	fmt.Printf("%s: %d texts, the same bytes for %d; %d that Go itself does not read back, and does "+
		"read as written here; %d that Go writes now so and now so; %d differ\n", name, count, same,
		better, unsettled, wrong)
	return wrong == 0
}
