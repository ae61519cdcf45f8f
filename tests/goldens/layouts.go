// SPDX-License-Identifier: MIT
package main

import "gopkg.in/yaml.v3"

// A layout: how a cassette is written, and whether what was written is read back.
type layout struct {
	write func(*fullCassette) []byte
	read  func([]byte) (*fullCassette, error)
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return append([]byte("---\n"), data...)
}

func read3(data []byte) (*fullCassette, error) {
	var c fullCassette
	err := yaml.Unmarshal(data, &c)
	return &c, err
}

var layouts = map[string]layout{
	"go-vcr": {
		func(c *fullCassette) []byte { return must(yaml.Marshal(c)) }, read3,
	},
	"go-vcr-terse": {
		func(c *fullCassette) []byte { return must(yaml.Marshal(terse(c))) }, read3,
	},
}
