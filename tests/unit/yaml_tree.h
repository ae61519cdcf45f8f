/* SPDX-License-Identifier: MIT */
/* What holds of every YAML tree, whatever it was read from: for the tests and the fuzzer. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include <stdlib.h>

#include "cassette/reader.h"
#include "cassette/yaml.h"

/* All nodes in the order of the source; aliases are not followed. To be freed. */
static const struct td_yaml_node **yaml_tree_nodes(const struct td_yaml *tree, size_t *count)
{
    const struct td_yaml_node **nodes = NULL, *stack[TD_CASSETTE_MAX_DEPTH + 1];
    size_t depth = 0, room = 0;
    *count = 0;
    stack[depth++] = tree->root;
    while (depth) {
        const struct td_yaml_node *node = stack[--depth];
        if (*count == room) {
            room = room ? room * 2 : 64;
            nodes = realloc(nodes, room * sizeof *nodes);
            if (!nodes)
                abort();
        }
        nodes[(*count)++] = node;
        if (node->next)
            stack[depth++] = node->next;
        if ((node->kind == TD_YAML_MAPPING || node->kind == TD_YAML_SEQUENCE) && node->first)
            stack[depth++] = node->first;
    }
    return nodes;
}

static const char *yaml_tree_style_problem(struct td_bytes source, const struct td_yaml_node *node)
{
    if (node->start == node->end)
        return node->kind == TD_YAML_SCALAR && node->len == 0 ? NULL : "has no bytes";
    char first = source.data[node->start], last = source.data[node->end - 1];
    if (node->kind == TD_YAML_ALIAS)
        return first == '*' ? NULL : "an alias without a star";
    if ((unsigned char)first <= ' ')
        return "starts with a blank";
    bool bare = !node->anchored && node->tag == TD_YAML_TAG_NONE;
    switch (node->style) {
    case TD_YAML_SINGLE_QUOTED:
        return (!bare || first == '\'') && last == '\'' ? NULL : "is not within single quotes";
    case TD_YAML_DOUBLE_QUOTED:
        return (!bare || first == '"') && last == '"' ? NULL : "is not within double quotes";
    case TD_YAML_LITERAL:
        return !bare || first == '|' ? NULL : "a literal without its indicator";
    case TD_YAML_FOLDED:
        return !bare || first == '>' ? NULL : "folded without its indicator";
    case TD_YAML_FLOW:
        if (node->kind == TD_YAML_MAPPING)
            return (!bare || first == '{') && last == '}' ? NULL : "is not within braces";
        return (!bare || first == '[') && last == ']' ? NULL : "is not within brackets";
    default:
        return NULL;
    }
}

static const char *yaml_tree_children_problem(const struct td_yaml_node *node)
{
    size_t count = 0, end = node->start;
    for (const struct td_yaml_node *child = node->first; child; child = child->next) {
        if (child->start < end || child->end < child->start)
            return "children that overlap";
        end = child->end;
        count++;
    }
    if (end > node->end)
        return "a child that reaches out of its parent";
    if (node->style == TD_YAML_BLOCK && end != node->end)
        return "a block collection that does not end where its last value does";
    return count == (node->kind == TD_YAML_MAPPING ? 2 : 1) * (size_t)node->len
               ? NULL
               : "a wrong count of children";
}

/* NULL, or what is wrong with the tree. */
static const char *yaml_tree_problem(const struct td_yaml *tree)
{
    struct td_bytes source = tree->source;
    const char *problem = NULL;
    size_t count, byte = source.len >= 3 && memcmp(source.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    unsigned line = 1, column = 1;
    const struct td_yaml_node **nodes = yaml_tree_nodes(tree, &count);
    for (size_t i = 0; i < count && !problem; i++) {
        const struct td_yaml_node *node = nodes[i];
        if (node->end < node->start || node->end > source.len)
            problem = "a span outside of the source";
        else if (node->start < byte)
            problem = "nodes out of order";
        /* The line and the column once more, byte by byte. */
        for (; !problem && byte < node->start; byte++) {
            char c = source.data[byte];
            bool alone = c == '\r' && (byte + 1 == source.len || source.data[byte + 1] != '\n');
            if (c == '\n' || alone)
                line++, column = 1;
            else if (((unsigned char)c & 0xc0) != 0x80)
                column++;
        }
        if (!problem && (node->line != line || node->column != column))
            problem = "a wrong line or column";
        if (!problem)
            problem = yaml_tree_style_problem(source, node);
        if (!problem && (node->kind == TD_YAML_MAPPING || node->kind == TD_YAML_SEQUENCE))
            problem = yaml_tree_children_problem(node);
        if (!problem && node->kind == TD_YAML_ALIAS &&
            (node->target->kind == TD_YAML_ALIAS || !node->target->anchored))
            problem = "an alias of something without an anchor";
    }
    free(nodes);
    return problem;
}

#endif
