/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a cassette to be checked and mended. What is found is printable, and at a place that
 * the file has; characters are found where they stand; what was mended is not found again, and
 * there is nothing left to be mended a second time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cassette/place.h"
#include "cassette/reader.h"
#include "check/check.h"

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "not so: %s (line %d)\n", #what, __LINE__);                            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The bytes in a file of this process's own; NULL where that cannot be had. */
static const char *make_file(const uint8_t *data, size_t size)
{
    static char path[64];
    if (!*path)
        snprintf(path, sizeof path, "/dev/shm/tapedeck-fuzz-%d.yaml", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    return path;
}

static void check_finding(const struct td_check_finding *finding, unsigned lines)
{
    CHECK(finding->rule && finding->message && *finding->message);
    for (const char *c = finding->message; *c; c++)
        CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
    CHECK(finding->line >= 1 && finding->line <= lines && finding->column >= 1);
}

static unsigned count_lines(struct td_bytes text)
{
    unsigned lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n' || text.data[i] == '\r';
    return lines;
}

static void check_findings(const struct td_check *check, unsigned lines)
{
    const struct td_check_finding *finding, *before = NULL;
    for (size_t i = 0; (finding = td_check_at(check, i)); before = finding, i++) {
        check_finding(finding, lines);
        CHECK(!before || before->line <= finding->line);
    }
}

/* A letter or digit of a body is found where it stands, or its escape is. */
static void check_places(const struct td_check *check, const struct td_checked *one, void *context)
{
    struct td_bytes source = check->file.content;
    const struct td_yaml_node *node = td_yaml_find(one->response, TD_BYTES("body"));
    size_t choice = *(const size_t *)context;
    const struct td_yaml_node *scalar = node ? td_yaml_resolve(node) : NULL;
    if (!scalar || scalar->kind != TD_YAML_SCALAR || !scalar->len || node->kind == TD_YAML_ALIAS ||
        scalar->tag != TD_YAML_TAG_NONE || scalar->style == TD_YAML_FOLDED || scalar->anchored)
        return;
    size_t offset = choice % scalar->len;
    char c = scalar->text[offset];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
        return;
    struct td_mark mark = td_check_mark_in(check, node, offset);
    struct td_place place = td_place_start(source);
    td_place_to_byte(&place, scalar->start);
    while (place.byte < source.len && (place.line < mark.line || place.column < mark.column))
        td_place_to_byte(&place, place.byte + 1);
    while (place.byte < source.len && ((unsigned char)source.data[place.byte] & 0xc0) == 0x80)
        place.byte++;
    CHECK(place.byte < scalar->end);
    CHECK(source.data[place.byte] == c || source.data[place.byte] == '\\');
}

static void visit(struct td_check *check, const struct td_checked *one, void *context)
{
    check_places(check, one, context);
}

/* Whether a rule whose findings always can be mended has found something. */
static bool has_numbers(const struct td_check *check)
{
    const struct td_check_finding *finding;
    for (size_t i = 0; (finding = td_check_at(check, i)); i++)
        if (finding->rule == &td_check_rules[TD_CHECK_ID_REPEATED] ||
            finding->rule == &td_check_rules[TD_CHECK_ID_ORDER] ||
            finding->rule == &td_check_rules[TD_CHECK_CONTENT_LENGTH])
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_error err;
    const char *path = make_file(data, size);
    struct td_check *check = td_check_open(path, NULL, &err);
    size_t choice = size;
    for (size_t i = 0; i < size; i++)
        choice = choice * 31 + data[i];
    CHECK(check);
    check_findings(check, count_lines(check->file.content));
    if (check->cassette)
        td_check_each(check, visit, &choice);
    if (td_check_fix(check, &err) == 0) {
        check_findings(check, count_lines(check->file.content));
        CHECK(!check->fixed.count || check->cassette);
        CHECK(check->unfixed.count || !has_numbers(check));
        CHECK(td_check_fix(check, &err) == 0 && !check->fixed.count);
    } else {
        CHECK(err.code == TD_ERR_INVALID && *err.message);
    }
    td_check_close(check);
    unlink(path);
    return 0;
}
