/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a cassette: they are read, or there is an error with a place in them. Whatever is
 * YAML has exact spans: a value that gives way to another in place changes nothing else.
 */
#include <stdint.h>
#include <stdio.h>

#include "../unit/yaml_tree.h"

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "not so: %s (line %d)\n", #what, __LINE__);                            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_error(const struct td_error *err, int status, struct td_bytes source)
{
    unsigned lines = 1;
    for (size_t i = 0; i < source.len; i++)
        lines += source.data[i] == '\n' || source.data[i] == '\r';
    CHECK(err->code == status && err->message[0] != '\0');
    CHECK(err->line >= 1 && err->line <= lines);
    CHECK(err->column >= 1 && err->column <= source.len + 1);
}

static void check_text(struct td_bytes text)
{
    CHECK(!text.data ? text.len == 0 : text.data[text.len] == '\0');
}

static void check_fields(const struct td_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        check_text(fields->items[i].name);
        check_text(fields->items[i].value);
    }
}

static void check_message(const struct td_message *message)
{
    check_text(message->proto);
    check_text(message->body);
    check_fields(&message->headers);
    check_fields(&message->trailer);
    for (size_t i = 0; i < message->transfer_encoding.count; i++)
        check_text(message->transfer_encoding.items[i]);
    CHECK(message->mark.line >= 1 && message->mark.column >= 1);
}

static void check_cassette(struct td_bytes source)
{
    struct td_cassette *cassette;
    struct td_error err;
    int status = td_cassette_parse("fuzz", source, &cassette, &err);
    if (status < 0) {
        check_error(&err, status, source);
        return;
    }
    for (size_t i = 0; i < cassette->count; i++) {
        const struct td_interaction *one = &cassette->interactions[i];
        check_message(&one->request.message);
        check_message(&one->response.message);
        check_text(one->request.url);
        check_text(one->request.method);
        check_text(one->request.host);
        check_fields(&one->request.form);
        check_text(one->response.status);
        CHECK(one->response.code >= 100 && one->response.code <= 999);
    }
    td_cassette_free(cassette);
}

/* Whether it stands on its parent's line. libyaml takes a block scalar below it at any column, and
 * a quoted one only where it is indented. */
static bool is_beside(struct td_bytes source, const struct td_yaml_node *node)
{
    size_t at = node->start;
    while (at && source.data[at - 1] == ' ')
        at--;
    return at && (unsigned char)source.data[at - 1] > ' ' &&
           (unsigned char)source.data[at - 1] < 0x80;
}

/* One scalar or alias, which one the input decides, gives way to "@@". */
static void check_replacement(const struct td_yaml *tree, size_t choice)
{
    struct td_bytes source = tree->source;
    struct td_yaml changed;
    struct td_error err;
    struct td_buf text;
    size_t count, other_count;
    const struct td_yaml_node **nodes = yaml_tree_nodes(tree, &count), **others;
    const struct td_yaml_node *chosen = nodes[choice % count];
    td_buf_init(&text);
    /* Not what is left out, since the indicator may be left out as well; not what aliases need. And
     * not near tabs: libyaml takes a line of them behind a plain scalar, and behind no other. */
    if ((chosen->kind == TD_YAML_SCALAR || chosen->kind == TD_YAML_ALIAS) && !chosen->anchored &&
        chosen->start < chosen->end && !memmem(source.data, source.len, "@@", 2) &&
        !memchr(source.data, '\t', source.len) && is_beside(source, chosen)) {
        td_buf_put(&text, source.data, chosen->start);
        td_buf_put_text(&text, "\"@@\"");
        td_buf_put(&text, source.data + chosen->end, source.len - chosen->end);
        int status = td_yaml_parse(&changed, "fuzz", td_buf_view(&text), &err);
        if (status < 0)
            fprintf(stderr, "%u:%u: %s\n", err.line, err.column, err.message);
        CHECK(status == 0);
        others = yaml_tree_nodes(&changed, &other_count);
        CHECK(count == other_count);
        for (size_t i = 0; i < count; i++) {
            if (nodes[i] == chosen)
                CHECK(td_bytes_equal(td_yaml_text(others[i]), TD_BYTES("@@")));
            else if (nodes[i]->kind == TD_YAML_SCALAR)
                CHECK(td_bytes_equal(td_yaml_text(others[i]), td_yaml_text(nodes[i])));
            else
                CHECK(others[i]->kind == nodes[i]->kind && others[i]->len == nodes[i]->len);
        }
        free(others);
        td_yaml_release(&changed);
    }
    td_buf_release(&text);
    free(nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes source = td_bytes((const char *)data, size);
    struct td_yaml tree;
    struct td_error err;
    size_t choice = size;
    for (size_t i = 0; i < size; i++)
        choice = choice * 31 + data[i];
    int status = td_yaml_parse(&tree, "fuzz", source, &err);
    if (status < 0) {
        check_error(&err, status, source);
    } else {
        const char *problem = yaml_tree_problem(&tree);
        if (problem)
            fprintf(stderr, "%s\n", problem);
        CHECK(!problem);
        check_replacement(&tree, choice);
    }
    td_yaml_release(&tree);
    check_cassette(source);
    return 0;
}
