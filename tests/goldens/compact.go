// SPDX-License-Identifier: MIT
//
//go:build goyaml4

package main

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

func init() {
	layouts["compact"] = layout{
		func(c *fullCassette) []byte {
			var out bytes.Buffer
			encoder := yaml.NewEncoder(&out)
			encoder.SetIndent(2)
			encoder.CompactSeqIndent()
			err := encoder.Encode(terse(c))
			return must(out.Bytes(), err)
		},
		func(data []byte) (*fullCassette, error) {
			var c fullCassette
			err := yaml.Unmarshal(data, &c)
			return &c, err
		},
	}
}
