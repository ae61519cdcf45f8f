// SPDX-License-Identifier: MIT
//
// What bench_roundtrip.c does, as go-vcr does it: yaml.v3 into go-vcr's structs and back.
// Medians in seconds, on one line: "both load save". Built together with goldens/cassette.go, where
// the structs are.
//
//	roundtrip CASSETTE OUT [ROUNDS]
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func round(from, to string) (load, save float64) {
	start := time.Now()
	var c terseCassette
	data, err := os.ReadFile(from)
	must(err)
	must(yaml.Unmarshal(data, &c))
	loaded := time.Now()
	data, err = yaml.Marshal(&c)
	must(err)
	must(os.WriteFile(to, append([]byte("---\n"), data...), 0o644))
	return loaded.Sub(start).Seconds(), time.Since(loaded).Seconds()
}

func median(values []float64) float64 {
	sort.Float64s(values)
	return values[len(values)/2]
}

func main() {
	rounds := 5
	if len(os.Args) > 3 {
		rounds, _ = strconv.Atoi(os.Args[3])
	}
	var both, loads, saves []float64
	for i := 0; i < rounds; i++ {
		load, save := round(os.Args[1], os.Args[2])
		both, loads, saves = append(both, load+save), append(loads, load), append(saves, save)
	}
	fmt.Printf("%.6f %.6f %.6f\n", median(both), median(loads), median(saves))
}
