// SPDX-License-Identifier: MIT
//
// What go-vcr's Go structs say of the format: keys, their types and order, and which of them are
// left out when they are empty. The two layouts have the same keys; yaml tags cannot be chosen at
// run time, so there are two sets of structs.
package main

import "time"

type fields = map[string][]string

// go-vcr 3 and 4, up to 4.0.5: every key.
type fullRequest struct {
	Proto            string   `yaml:"proto"`
	ProtoMajor       int      `yaml:"proto_major"`
	ProtoMinor       int      `yaml:"proto_minor"`
	ContentLength    int64    `yaml:"content_length"`
	TransferEncoding []string `yaml:"transfer_encoding"`
	Trailer          fields   `yaml:"trailer"`
	Host             string   `yaml:"host"`
	RemoteAddr       string   `yaml:"remote_addr"`
	RequestURI       string   `yaml:"request_uri"`
	Body             string   `yaml:"body"`
	Form             fields   `yaml:"form"`
	Headers          fields   `yaml:"headers"`
	URL              string   `yaml:"url"`
	Method           string   `yaml:"method"`
}

type fullResponse struct {
	Proto            string        `yaml:"proto"`
	ProtoMajor       int           `yaml:"proto_major"`
	ProtoMinor       int           `yaml:"proto_minor"`
	TransferEncoding []string      `yaml:"transfer_encoding"`
	Trailer          fields        `yaml:"trailer"`
	ContentLength    int64         `yaml:"content_length"`
	Uncompressed     bool          `yaml:"uncompressed"`
	Body             string        `yaml:"body"`
	Headers          fields        `yaml:"headers"`
	Status           string        `yaml:"status"`
	Code             int           `yaml:"code"`
	Duration         time.Duration `yaml:"duration"`
}

type fullInteraction struct {
	ID       int          `yaml:"id"`
	Request  fullRequest  `yaml:"request"`
	Response fullResponse `yaml:"response"`
}

type fullCassette struct {
	Version      int                `yaml:"version"`
	Interactions []*fullInteraction `yaml:"interactions"`
}

// go-vcr from 4.0.6 on: without empty keys.
type terseRequest struct {
	Proto            string   `yaml:"proto"`
	ProtoMajor       int      `yaml:"proto_major"`
	ProtoMinor       int      `yaml:"proto_minor"`
	ContentLength    int64    `yaml:"content_length"`
	TransferEncoding []string `yaml:"transfer_encoding,omitempty"`
	Trailer          fields   `yaml:"trailer,omitempty"`
	Host             string   `yaml:"host"`
	RemoteAddr       string   `yaml:"remote_addr,omitempty"`
	RequestURI       string   `yaml:"request_uri,omitempty"`
	Body             string   `yaml:"body,omitempty"`
	Form             fields   `yaml:"form,omitempty"`
	Headers          fields   `yaml:"headers,omitempty"`
	URL              string   `yaml:"url"`
	Method           string   `yaml:"method"`
}

type terseResponse struct {
	Proto            string        `yaml:"proto"`
	ProtoMajor       int           `yaml:"proto_major"`
	ProtoMinor       int           `yaml:"proto_minor"`
	TransferEncoding []string      `yaml:"transfer_encoding,omitempty"`
	Trailer          fields        `yaml:"trailer,omitempty"`
	ContentLength    int64         `yaml:"content_length"`
	Uncompressed     bool          `yaml:"uncompressed,omitempty"`
	Body             string        `yaml:"body"`
	Headers          fields        `yaml:"headers"`
	Status           string        `yaml:"status"`
	Code             int           `yaml:"code"`
	Duration         time.Duration `yaml:"duration"`
}

type terseInteraction struct {
	ID       int           `yaml:"id"`
	Request  terseRequest  `yaml:"request"`
	Response terseResponse `yaml:"response"`
}

type terseCassette struct {
	Version      int                 `yaml:"version"`
	Interactions []*terseInteraction `yaml:"interactions"`
}

// The structs are the same but for their tags, so that Go converts the records as they are.
func terse(full *fullCassette) *terseCassette {
	made := &terseCassette{Version: full.Version, Interactions: []*terseInteraction{}}
	for _, i := range full.Interactions {
		made.Interactions = append(made.Interactions,
			&terseInteraction{i.ID, terseRequest(i.Request), terseResponse(i.Response)})
	}
	return made
}
