// SPDX-License-Identifier: MIT
//
// Goldens for the writer of cassettes, from the emitters that are its model: gopkg.in/yaml.v3, with
// which go-vcr saves, and go-yaml 4.0.0-rc.2 with two columns a level and compact lists, with which
// charm's cassettes are saved. Nothing here runs in the tests: they read what was written.
//
//	apt install golang golang-gopkg-yaml.v3-dev
//	cd tests/goldens && export GO111MODULE=off GOPATH=/usr/share/gocode
//	go run . write ../../testdata/goldens         writes the goldens of each layout from cases.txt
//	go run . compare PROGRAM LAYOUT [COUNT [SEED]] random texts: Go's bytes against PROGRAM's, which
//	                                               is build/tests/emit_stream
//
// The layout "compact" needs the package go.yaml.in/yaml/v4, version 4.0.0-rc.2, in the GOPATH as
// well, and `-tags goyaml4` behind `go run`. Without it the other layouts are written.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// A line of cases.txt: a name, and a text in Go's double quotes.
func readCases(path string) (names []string, texts []string) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, " ", 2)
		text, err := strconv.Unquote(strings.TrimSpace(parts[1]))
		if err != nil {
			panic(fmt.Sprintf("%s:%d: %v", path, n+1, err))
		}
		names = append(names, parts[0])
		texts = append(texts, text)
	}
	return names, texts
}

// One interaction for each text, in every place in which a text can stand.
func everywhere(texts []string) *fullCassette {
	c := &fullCassette{2, []*fullInteraction{}}
	for n, text := range texts {
		i := &fullInteraction{ID: n}
		i.Request.Proto = text
		i.Request.TransferEncoding = []string{text, text}
		i.Request.Body = text
		i.Request.Headers = fields{text: {text, "x"}, "name": {text}}
		i.Request.URL = "https://api.example.com/"
		i.Response.Body = text
		i.Response.Headers = fields{}
		i.Response.Status = text
		i.Response.Code = 200
		c.Interactions = append(c.Interactions, i)
	}
	return c
}

// The texts that the layout's own reader does not give back, wherever they stand.
func lost(l layout, texts []string) map[int]bool {
	made := map[int]bool{}
	for n, text := range texts {
		for _, place := range []string{"value", "item", "key"} {
			c := testCase{place, text}
			if !c.isReadBack(l, l.write(c.cassette())) {
				made[n] = true
			}
		}
	}
	return made
}

// Long runs of one letter are written as {N*x}.
func fold(data []byte) []byte {
	var out bytes.Buffer
	for i := 0; i < len(data); {
		end := i + 1
		for end < len(data) && data[end] == data[i] {
			end++
		}
		if end-i > 1000 {
			fmt.Fprintf(&out, "{%d*%c}", end-i, data[i])
		} else {
			out.Write(data[i:end])
		}
		i = end
	}
	return out.Bytes()
}

func write(folder string) {
	names, texts := readCases(filepath.Join(folder, "cases.txt"))
	for name, l := range layouts {
		var kept []string
		broken := lost(l, texts)
		for n, text := range texts {
			if !broken[n] {
				kept = append(kept, text)
			}
		}
		data := l.write(everywhere(kept))
		os.WriteFile(filepath.Join(folder, name+".yaml"), data, 0o644)
		var lostNames string
		for n := range texts {
			if broken[n] {
				lostNames += names[n] + "\n"
			}
		}
		os.WriteFile(filepath.Join(folder, name+".lost"), []byte(lostNames), 0o644)
		long := everywhere([]string{strings.Repeat("x", 500000), "\n" + strings.Repeat("y", 500000) + "'\"\n\n"})
		if name != "compact" { // the second is one that yaml.v3 does not read back
			long.Interactions = long.Interactions[:1]
		}
		os.WriteFile(filepath.Join(folder, name+".long"), fold(l.write(long)), 0o644)
	}
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "write":
		write(os.Args[2])
	case len(os.Args) >= 4 && os.Args[1] == "compare":
		count, seed := 100000, int64(1)
		if len(os.Args) > 4 {
			count, _ = strconv.Atoi(os.Args[4])
		}
		if len(os.Args) > 5 {
			seed, _ = strconv.ParseInt(os.Args[5], 10, 64)
		}
		if !compare(os.Args[2], os.Args[3], count, seed) {
			os.Exit(1)
		}
	default:
		var known []string
		for name := range layouts {
			known = append(known, name)
		}
		sort.Strings(known)
		fmt.Fprintf(os.Stderr, "write FOLDER, or compare PROGRAM LAYOUT [COUNT [SEED]]; layouts: %v\n", known)
		os.Exit(2)
	}
}
