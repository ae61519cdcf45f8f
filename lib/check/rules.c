/* SPDX-License-Identifier: MIT */
/*
 * All rules. Their names are part of the interface: they stand in scripts and never change.
 *
 * A fault is what makes a player fail or play what was not recorded; a warning is what plays but
 * looks like a slip; a note is what a person may want to know. Sequences of equal requests are
 * what polling and retries look like, so that they are no more than a note.
 */
#include "check/check.h"

const struct td_check_rule td_check_rules[TD_CHECK_COUNT] = {
    [TD_CHECK_BAD_SYNTAX] =
        {
            "bad-syntax",
            TD_FAULT,
            false,
            "the file is not YAML, or not UTF-8",
            "mend the place, or record the cassette again",
        },
    [TD_CHECK_BAD_VERSION] =
        {
            "bad-version",
            TD_FAULT,
            false,
            "the cassette is not of version 2",
            "'tapedeck convert' makes one of version 2 of one of version 1; record others again",
        },
    [TD_CHECK_BAD_STRUCTURE] =
        {
            "bad-structure",
            TD_FAULT,
            false,
            "the file is YAML, and not a cassette: a key is missing, twice there, or of the wrong "
            "type",
            "mend the place, or record the cassette again",
        },
    [TD_CHECK_BAD_URL] =
        {
            "bad-url",
            TD_FAULT,
            false,
            "the request's URL is none that a client can ask for",
            "write the URL whole: scheme, host and path, other characters percent-encoded",
        },
    [TD_CHECK_BAD_METHOD] =
        {
            "bad-method",
            TD_FAULT,
            false,
            "the request's method is not a word that HTTP allows",
            "write the method as it is sent, 'GET' or 'POST'",
        },
    [TD_CHECK_BAD_HEADER] =
        {
            "bad-header",
            TD_FAULT,
            false,
            "a header's name or value has characters that HTTP does not allow",
            "take the characters out; such a line cannot be sent",
        },
    [TD_CHECK_STREAM_CUT] =
        {
            "stream-cut",
            TD_FAULT,
            false,
            "a streamed response ends before its protocol says that it is over",
            "record the interaction again; if the server did end there, ignore this rule",
        },
    [TD_CHECK_UNKNOWN_SETTING] =
        {
            "unknown-setting",
            TD_FAULT,
            false,
            "a key under 'tapedeck' that Tapedeck does not know",
            "correct its spelling, or take it out",
        },
    [TD_CHECK_BAD_SETTING] =
        {
            "bad-setting",
            TD_FAULT,
            false,
            "a setting under 'tapedeck' with a value that it cannot have",
            "correct the value; the cassette cannot be played with it",
        },
    [TD_CHECK_SECRET] =
        {
            "secret",
            TD_FAULT,
            false,
            "a key, a token or a password is in the file, by the rules of 'tapedeck scrub'",
            "take it out with 'tapedeck scrub', and have it changed where the file was shared",
        },
    [TD_CHECK_BAD_JSON] =
        {
            "bad-json",
            TD_WARNING,
            false,
            "a body is not JSON though its Content-Type says so",
            "mend the body, or the Content-Type",
        },
    [TD_CHECK_CONTENT_LENGTH] =
        {
            "content-length",
            TD_WARNING,
            true,
            "a content_length or Content-Length that is not the body's",
            "if the body was edited, 'tapedeck check --fix' sets the length; if it was cut, record "
            "it again",
        },
    [TD_CHECK_STATUS_TEXT] =
        {
            "status-text",
            TD_WARNING,
            false,
            "the status text and the code are not of the same status",
            "make 'status' and 'code' agree: '404 Not Found' and 404",
        },
    [TD_CHECK_PROTOCOL] =
        {
            "protocol",
            TD_WARNING,
            false,
            "the protocol and its version numbers contradict each other",
            "make 'proto', 'proto_major' and 'proto_minor' agree: HTTP/2.0, 2 and 0",
        },
    [TD_CHECK_ID_REPEATED] =
        {
            "id-repeated",
            TD_WARNING,
            true,
            "two interactions have the same id, so that only one can be named by it",
            "number the interactions from 0; 'tapedeck check --fix' does",
        },
    [TD_CHECK_ID_ORDER] =
        {
            "id-order",
            TD_WARNING,
            true,
            "an interaction's id is smaller than that of one before it",
            "number the interactions from 0; 'tapedeck check --fix' does",
        },
    [TD_CHECK_CHUNKS] =
        {
            "chunks",
            TD_WARNING,
            false,
            "the recorded chunks do not add up to the body, which then plays event by event",
            "take the key 'chunks' out, or correct its lengths",
        },
    [TD_CHECK_BINARY_TEXT] =
        {
            "binary-text",
            TD_WARNING,
            true,
            "a value is written in base64 though it is text",
            "'tapedeck check --fix' writes it as text, which can be read and searched",
        },
    [TD_CHECK_STYLE] =
        {
            "style",
            TD_WARNING,
            true,
            "the file is not written as Go's emitter would, so that recording to it with go-vcr "
            "changes more than it has to",
            "'tapedeck check --fix' writes it afresh",
        },
    [TD_CHECK_JOURNAL] =
        {
            "journal",
            TD_WARNING,
            true,
            "a recording is under way, or was killed: what it has recorded is beside the cassette",
            "'tapedeck check --fix' saves it, and so does the next recording or replay",
        },
    [TD_CHECK_SAME_REQUEST] =
        {
            "same-request",
            TD_NOTE,
            false,
            "requests that cannot be told apart have different answers: they play in their order",
            "nothing, if the order is what was meant; else make the requests differ",
        },
    [TD_CHECK_UNKNOWN_KEY] =
        {
            "unknown-key",
            TD_NOTE,
            false,
            "a key that the format does not have, and that players pass over",
            "correct its spelling; leave it if another tool needs it",
        },
};

const char *td_severity_name(enum td_severity severity)
{
    return severity == TD_FAULT ? "error" : severity == TD_WARNING ? "warning" : "note";
}

const struct td_check_rule *td_check_rule_at(size_t position)
{
    return position < TD_CHECK_COUNT ? &td_check_rules[position] : NULL;
}

const struct td_check_rule *td_check_rule_find(const char *name)
{
    for (size_t i = 0; i < TD_CHECK_COUNT; i++)
        if (strcmp(td_check_rules[i].name, name) == 0)
            return &td_check_rules[i];
    return NULL;
}
