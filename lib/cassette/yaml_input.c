/* SPDX-License-Identifier: MIT */
#include "cassette/yaml_input.h"

/* Runs shorter than this are harmless: clearing so much takes no longer than reading a word. */
enum { SHORT_RUN = 1024 };

/* A second or two, and in proportion to the file. */
static uint64_t work_limit(size_t size)
{
    return (UINT64_C(1) << 36) + ((uint64_t)size << 12);
}

/* What libyaml takes for a blank or a line break, or a byte of one. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
           (c & 0x80 && memchr("\xc2\x85\xe2\x80\xa8\xa9", c, 6));
}

/* Every run that long covers one of the bytes looked at, so that the others can be left out. */
static bool has_long_run(struct td_bytes content)
{
    for (size_t at = 0; at < content.len; at += SHORT_RUN) {
        size_t first = at, end = at;
        while (end < content.len && end - at < SHORT_RUN && is_blank(content.data[end]))
            end++;
        while (end > at && first > 0 && at - first < SHORT_RUN && is_blank(content.data[first - 1]))
            first--;
        if (end - first >= SHORT_RUN)
            return true;
    }
    return false;
}

static int give(void *data, unsigned char *buffer, size_t size, size_t *given)
{
    struct td_yaml_input *input = data;
    struct td_bytes rest =
        td_bytes(input->content.data + input->at, input->content.len - input->at);
    if (size > rest.len)
        size = rest.len;
    for (size_t i = 0; input->guarded && i < size; i++) {
        if (is_blank(rest.data[i])) {
            input->run++;
        } else if (input->run) {
            if (input->run > input->longest)
                input->longest = input->run;
            input->run = 0;
            input->work += input->longest;
        }
    }
    if (input->work > work_limit(input->content.len)) {
        input->refused = true;
        return 0;
    }
    if (size)
        memcpy(buffer, rest.data, size);
    input->at += size;
    *given = size;
    return 1;
}

void td_yaml_input_open(struct td_yaml_input *input, struct td_bytes content, yaml_parser_t *parser)
{
    *input = (struct td_yaml_input){.content = content, .guarded = has_long_run(content)};
    /* Without this libyaml would read UTF-16 as well, and its byte offsets would not be ours. */
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(parser, give, input);
}

void td_yaml_input_event(struct td_yaml_input *input)
{
    input->longest = 0;
}
