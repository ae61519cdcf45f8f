/* SPDX-License-Identifier: MIT */
/* What is written against what Go wrote of the same texts (testdata/goldens), byte for byte, and
 * what is read back of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/emit.h"
#include "cassette/reader.h"
#include "same_cassette.h"

enum { MAX_CASES = 400 };

static const struct {
    const char *name;
    enum td_layout layout;
} layouts[] = {
    {"compact", TD_LAYOUT_COMPACT},
    {"go-vcr", TD_LAYOUT_GO_VCR},
    {"go-vcr-terse", TD_LAYOUT_GO_VCR_TERSE},
};

struct test_case {
    char name[64];
    struct td_bytes text;
};

static struct test_case cases[MAX_CASES];
static size_t case_count;
static struct td_buf texts[MAX_CASES];

static char *read_golden(const char *name, const char *suffix, size_t *len)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/testdata/goldens/%s%s", getenv("TD_SOURCE_ROOT"), name, suffix);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    struct td_buf buf;
    char piece[65536];
    td_buf_init(&buf);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file));)
        td_buf_put(&buf, piece, n);
    fclose(file);
    return td_buf_detach(&buf, len);
}

static uint32_t take_hex(const char **at, int digits)
{
    char text[9] = {0};
    memcpy(text, *at, (size_t)digits);
    *at += digits;
    return (uint32_t)strtoul(text, NULL, 16);
}

static void put_character(struct td_buf *out, uint32_t c)
{
    if (c < 0x80) {
        td_buf_put_char(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    td_buf_put_char(out, (char)(first[more] | c >> 6 * more));
    while (more--)
        td_buf_put_char(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

/* Go's double quotes, from behind the first to the last. */
static void unquote(const char *at, struct td_buf *out)
{
    static const char letters[] = "abfnrtv\\\"", meant[] = "\a\b\f\n\r\t\v\\\"";
    td_buf_put_text(out, "");
    while (*at != '"') {
        if (*at != '\\') {
            td_buf_put_char(out, *at++);
            continue;
        }
        char letter = at[1];
        at += 2;
        const char *known = strchr(letters, letter);
        if (known)
            td_buf_put_char(out, meant[known - letters]);
        else if (letter == 'x')
            td_buf_put_char(out, (char)take_hex(&at, 2));
        else
            put_character(out, take_hex(&at, letter == 'u' ? 4 : 8));
    }
}

static int read_cases(void **state)
{
    (void)state;
    size_t len;
    char *content = read_golden("cases", ".txt", &len), *rest = content, *line;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line || *line == '#')
            continue;
        struct test_case *made = &cases[case_count];
        char *space = strchr(line, ' ');
        assert_non_null(space);
        snprintf(made->name, sizeof made->name, "%.*s", (int)(space - line), line);
        unquote(strchr(space, '"') + 1, &texts[case_count]);
        made->text = td_buf_view(&texts[case_count]);
        assert_true(++case_count < MAX_CASES);
    }
    free(content);
    return 0;
}

static int release_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < case_count; i++)
        td_buf_release(&texts[i]);
    return 0;
}

/* The text in every place in which one can stand, as tests/goldens/main.go has it. */
struct everywhere {
    struct td_bytes list[2];
    struct td_field headers[3];
};

static void make(struct td_interaction *interaction, struct everywhere *room, struct td_bytes text)
{
    *room = (struct everywhere){
        .list = {text, text},
        .headers = {{text, text}, {text, TD_BYTES("x")}, {TD_BYTES("name"), text}},
    };
    *interaction = (struct td_interaction){
        .request = {.message = {.proto = text,
                                .transfer_encoding = {room->list, 2},
                                .body = text,
                                .headers = {room->headers, 3}},
                    .url = TD_BYTES("https://api.example.com/")},
        .response = {.message.body = text, .status = text, .code = 200},
    };
}

static bool is_lost(const char *lost, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = lost; (at = strstr(at, name)); at++)
        if ((at == lost || at[-1] == '\n') && at[len] == '\n')
            return true;
    return false;
}

static void check_read_back(const struct td_interaction *interaction, const char *written,
                            size_t len, const char *name)
{
    char message[2048];
    struct td_error err;
    struct td_cassette *read;
    const struct td_cassette want = {
        .interactions = (struct td_interaction *)(uintptr_t)interaction, .count = 1};
    struct td_buf whole;
    td_buf_init(&whole);
    td_buf_put_text(&whole, "---\nversion: 2\ninteractions:\n");
    td_buf_put(&whole, written, len);
    if (td_cassette_parse(name, td_buf_view(&whole), &read, &err) < 0)
        fail_msg("%s\n%s", td_error_format(&err, message, sizeof message), whole.data);
    const char *key = different(&want, read);
    if (key)
        fail_msg("%s: '%s' is not read back\n%s", name, key, whole.data);
    td_cassette_free(read);
    td_buf_release(&whole);
}

/* Each case that Go reads back itself is written as Go does; every one is read back. */
static void test_cases(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        size_t len, lost_len, compared = 0;
        char *golden = read_golden(layouts[l].name, ".yaml", &len);
        char *lost = read_golden(layouts[l].name, ".lost", &lost_len);
        const char *at = strstr(golden, "interactions:\n") + strlen("interactions:\n");
        struct td_buf out;
        td_buf_init(&out);
        for (size_t i = 0; i < case_count; i++) {
            struct td_interaction interaction;
            struct everywhere room;
            make(&interaction, &room, cases[i].text);
            bool compare = !is_lost(lost, cases[i].name);
            td_buf_clear(&out);
            interaction.id = (int64_t)(compare ? compared++ : 0);
            td_emit_interaction(&out, &interaction, interaction.id, layouts[l].layout);
            size_t left = len - (size_t)(at - golden);
            if (compare && (left < out.len || memcmp(at, out.data, out.len) != 0))
                fail_msg("%s in %s: written\n%s\nGo wrote\n%.*s", cases[i].name, layouts[l].name,
                         out.data, left < 2000 ? (int)left : 2000, at);
            if (compare)
                at += out.len;
            check_read_back(&interaction, out.data, out.len, cases[i].name);
        }
        assert_ptr_equal(at, golden + len);
        assert_true(compared > 200);
        td_buf_release(&out);
        free(golden);
        free(lost);
    }
}

/* "{500000*x}" is so many of them. */
static void unfold(const char *text, struct td_buf *out)
{
    while (*text) {
        unsigned count;
        char c;
        int len = 0;
        if (*text == '{' && sscanf(text, "{%u*%c}%n", &count, &c, &len) == 2 && len) {
            while (count--)
                td_buf_put_char(out, c);
            text += len;
        } else {
            td_buf_put_char(out, *text++);
        }
    }
}

static struct td_bytes repeat(struct td_buf *buf, const char *before, char c, const char *behind)
{
    td_buf_init(buf);
    td_buf_put_text(buf, before);
    for (int i = 0; i < 500000; i++)
        td_buf_put_char(buf, c);
    td_buf_put_text(buf, behind);
    return td_buf_view(buf);
}

static void test_long_lines(void **state)
{
    (void)state;
    struct td_buf long_text[2];
    struct td_bytes text[] = {repeat(&long_text[0], "", 'x', ""),
                              repeat(&long_text[1], "\n", 'y', "'\"\n\n")};
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        struct td_interaction interactions[2];
        struct everywhere room[2];
        struct td_cassette cassette = {.interactions = interactions,
                                       .count = layouts[l].layout == TD_LAYOUT_COMPACT ? 2 : 1};
        for (size_t i = 0; i < 2; i++) {
            make(&interactions[i], &room[i], text[i]);
            interactions[i].id = (int64_t)i;
        }
        size_t len;
        char *folded = read_golden(layouts[l].name, ".long", &len);
        struct td_buf want, out;
        td_buf_init(&want);
        td_buf_init(&out);
        unfold(folded, &want);
        td_emit_cassette(&out, &cassette, layouts[l].layout);
        assert_int_equal(out.len, want.len);
        assert_memory_equal(out.data, want.data, want.len);
        td_buf_release(&want);
        td_buf_release(&out);
        free(folded);
    }
    td_buf_release(&long_text[0]);
    td_buf_release(&long_text[1]);
}

/* A file that Go wrote is read, and written as it was. */
static void test_files(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        size_t len;
        char *golden = read_golden(layouts[l].name, ".yaml", &len);
        struct td_error err;
        struct td_cassette *cassette;
        struct td_buf out;
        td_buf_init(&out);
        if (td_cassette_parse(layouts[l].name, td_bytes(golden, len), &cassette, &err) < 0)
            fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
        td_emit_cassette(&out, cassette, layouts[l].layout);
        assert_int_equal(out.len, len);
        assert_memory_equal(out.data, golden, len);
        td_cassette_free(cassette);
        td_buf_release(&out);
        free(golden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, read_cases, release_cases);
}
