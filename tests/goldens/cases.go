// SPDX-License-Identifier: MIT
package main

import (
	"math/rand"
	"reflect"
	"strings"
)

// A text in one place of a cassette; "sort": names of fields, with U+001F between them.
type testCase struct {
	place string
	text  string
}

func (c testCase) cassette() *fullCassette {
	i := &fullInteraction{}
	i.Request.URL = "https://api.example.com/"
	i.Response.Code = 200
	switch c.place {
	case "value":
		i.Request.Body = c.text
	case "item":
		i.Request.TransferEncoding = []string{c.text, "x", c.text}
	case "key":
		i.Request.Headers = fields{c.text: {"x", c.text}}
	case "sort":
		i.Request.Form = fields{}
		for _, name := range strings.Split(c.text, "\x1f") {
			i.Request.Form[name] = append(i.Request.Form[name], "x")
		}
	}
	return &fullCassette{2, []*fullInteraction{i}}
}

// Whether the layout's own reader gives back what was written.
func (c testCase) isReadBack(l layout, data []byte) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	got, err := l.read(data)
	if err != nil || len(got.Interactions) != 1 {
		return false
	}
	want := c.cassette().Interactions[0].Request
	have := got.Interactions[0].Request
	return want.Body == have.Body && equal(want.TransferEncoding, have.TransferEncoding) &&
		equal(want.Headers, have.Headers) && equal(want.Form, have.Form)
}

// An empty list is none.
func equal(a, b interface{}) bool {
	return reflect.ValueOf(a).Len() == 0 && reflect.ValueOf(b).Len() == 0 || reflect.DeepEqual(a, b)
}

var nasty = strings.Split("a b c e f x o y n A Z 0 1 2 5 7 8 9 _ - + . , : # ' \" \\ / = ~ < << { } [ ] & * ! | > % "+
	"@ ` ? ( ) $ ^ ; é ü 漢 字 ß ф ª ٣ ² ँ � 😀 𝒳 \u0085 \u00a0 \u2028 \u2029 \u3000 \ufeff \ufffe \uffff \ue000 "+
	"\x00 \x01 \x07 \x08 \x0b \x0c \x1b \x7f \xff \xc3 \xe2\x80 \xed\xa0\x80 \xf0\x9f \r\n \r \r --- ... null true "+
	"Yes off .inf .NaN 0x 0o 0b 1e 1_ e+ 2001- 01- -02 T10: 12:30 :59 Z +01:00 00 key: value data: event: \x2f", " ")

var blanks = []string{" ", "  ", "\n", "\n\n", "\t", ": ", " #", "- ", "? ", "\n "}

func token(r *rand.Rand) string {
	if r.Intn(4) == 0 {
		return blanks[r.Intn(len(blanks))]
	}
	return nasty[r.Intn(len(nasty))]
}

var numbery = strings.Split("0 0 1 2 9 7 8 a f _ + - . .5 e E x X o O b B : :3 :59 :60 999 000 inf nan T t Z z 2001 -1 -12 "+
	"-31 00:00:00 10:1:1 ,5 +01:00 -0 0x 0b 0o 18446744073709551615 18446744073709551616 9223372036854775807 "+
	"9223372036854775808 17976931348623157 e308 e309 e-400 307 2024-02-29 2023-02-29 2001-12-14 T21:59:43.10-05:00 "+
	"7777777777777777777777 1777777777777777777777", " ")

func random(r *rand.Rand) testCase {
	var text strings.Builder
	kind := r.Intn(10)
	count := 1 + r.Intn(6)
	if kind == 9 {
		count = r.Intn(120)
	}
	for ; count > 0; count-- {
		switch {
		case kind < 3:
			if r.Intn(12) == 0 {
				text.WriteString(" ")
			}
			text.WriteString(numbery[r.Intn(len(numbery))])
		case kind == 3:
			text.WriteByte(byte(r.Intn(256)))
		case kind == 4:
			text.WriteRune(rune(r.Intn(0x3000)))
		default:
			text.WriteString(token(r))
		}
	}
	place := []string{"value", "value", "item", "key", "sort"}[r.Intn(5)]
	if place != "sort" {
		return testCase{place, text.String()}
	}
	names := []string{text.String()}
	for n := r.Intn(12); n > 0; n-- {
		name := ""
		for t := 1 + r.Intn(5); t > 0; t-- {
			name += strings.Trim(nasty[r.Intn(70)], "\x1f")
		}
		names = append(names, name)
	}
	return testCase{place, strings.Join(names, "\x1f")}
}
