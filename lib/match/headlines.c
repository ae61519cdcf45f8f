/* SPDX-License-Identifier: MIT */
/*
 * The changes of a request to a language model in its own words: messages by their number, tools by
 * their name. Each change comes to one headline at the most, and says less where it is not sure.
 */
#include "base/map.h"
#include "llm/llm.h"
#include "match/differences.h"
#include "match/excerpt.h"

enum {
    MOST_HEADLINES = 50,
    MOST_SWAPS = 64, /* moved messages of which it is asked whether two changed places */
    NAME_LIMIT = 80,
    MOST_LEVELS = 200, /* no message and no tool is nested deeper */
};

/* The messages of one side by their paths. */
struct messages {
    struct td_llm_request *request;
    struct td_map by_path; /* const struct td_llm_message */
};

struct telling {
    const struct td_json_delta *delta;
    struct td_differences *differences;
    struct messages a, b;
    struct td_buf line;
    struct td_buf path;
    size_t swaps;
};

static int read_messages(struct messages *messages, const struct td_query *query)
{
    struct td_llm_exchange exchange = {.url = query->url, .request_body = query->body};
    td_map_init(&messages->by_path);
    int status = td_llm_exchange_request(&exchange, &messages->request, NULL);
    size_t count = status == 0 && messages->request ? messages->request->message_count : 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        const struct td_llm_message *message = &messages->request->messages[i];
        struct td_hash hash = td_hash_bytes(message->path);
        if (message->path.len && !td_map_get(&messages->by_path, hash))
            status = td_map_put(&messages->by_path, hash, (void *)message);
    }
    return status;
}

static void release_messages(struct messages *messages)
{
    td_llm_request_free(messages->request);
    td_map_release(&messages->by_path);
}

static const struct td_json *root_of(const struct td_json *node)
{
    while (node->parent)
        node = node->parent;
    return node;
}

static struct td_bytes path_of(struct telling *telling, const struct td_json *node)
{
    td_buf_clear(&telling->path);
    td_json_path(&telling->path, root_of(node), node);
    return td_buf_view(&telling->path);
}

/* The message that a path leads to or into: "/messages/3" of "/messages/3/content". */
static const struct td_llm_message *find_message(const struct messages *messages,
                                                 struct td_bytes path, bool *inside)
{
    size_t segments = 0;
    for (size_t i = 1; i <= path.len && segments < 2; i++) {
        if (i < path.len && path.data[i] != '/')
            continue;
        segments++;
        struct td_bytes front = td_bytes(path.data, i);
        const struct td_llm_message *message = td_map_get(&messages->by_path, td_hash_bytes(front));
        if (message) {
            *inside = i < path.len;
            return message;
        }
    }
    return NULL;
}

/* "message 3 (user)", by the place in the array; or "the system prompt". */
static void put_message(struct td_buf *out, const struct td_llm_message *message)
{
    const char *slash = memrchr(message->path.data, '/', message->path.len);
    const char *end = message->path.data + message->path.len;
    uint64_t index;
    struct td_bytes segment = td_bytes(slash + 1, (size_t)(end - slash - 1));
    bool numbered = td_bytes_to_u64(segment, &index);
    if (!numbered && td_bytes_equal_nocase(message->role, TD_BYTES("system"))) {
        td_buf_put_text(out, "system prompt");
        return;
    }
    td_buf_put_text(out, "message");
    if (numbered)
        td_buf_printf(out, " %zu", (size_t)index + 1);
    if (message->role.len) {
        td_buf_put_text(out, " (");
        td_excerpt_text(out, '\0', message->role, td_bytes(NULL, 0));
        td_buf_put_char(out, ')');
    }
}

static const char *verb(enum td_json_change_kind kind)
{
    return kind == TD_JSON_ADDED ? "added" : kind == TD_JSON_REMOVED ? "removed" : "changed";
}

static const struct td_json *element(const struct td_json *array, size_t index)
{
    const struct td_json *child = array->first;
    while (child && index--)
        child = child->next;
    return child;
}

/* Whether the element that came to the place of the one that was moved went to its new place. */
static bool is_swap(const struct td_json *a, const struct td_json *b)
{
    const struct td_json *x = element(a->parent, b->index), *y = element(b->parent, a->index);
    return x && y && x->hash == y->hash && td_json_equal(x, y);
}

static bool tell_move(struct telling *telling, const struct td_json_change *change)
{
    const struct td_json *a = change->a, *b = change->b;
    bool inside;
    struct td_bytes path = path_of(telling, a);
    const struct td_llm_message *message = find_message(&telling->a, path, &inside);
    if (!message)
        return false;
    if (inside) {
        put_message(&telling->line, message);
        td_buf_put_text(&telling->line, " changed");
        return true;
    }
    if (telling->swaps++ < MOST_SWAPS && is_swap(a, b)) {
        size_t first = a->index < b->index ? a->index : b->index;
        size_t second = a->index < b->index ? b->index : a->index;
        td_buf_printf(&telling->line, "messages %zu and %zu swapped", first + 1, second + 1);
        return true;
    }
    put_message(&telling->line, message);
    td_buf_printf(&telling->line, " moved to %zu", b->index + 1);
    return true;
}

static bool tell_message(struct telling *telling, const struct td_json_change *change)
{
    if (change->kind == TD_JSON_MOVED)
        return tell_move(telling, change);
    bool removed = change->kind == TD_JSON_REMOVED, inside;
    struct td_bytes path = path_of(telling, removed ? change->a : change->b);
    const struct messages *side = removed ? &telling->a : &telling->b;
    const struct td_llm_message *message = find_message(side, path, &inside);
    if (!message)
        return false;
    put_message(&telling->line, message);
    td_buf_printf(&telling->line, " %s", inside ? "changed" : verb(change->kind));
    return true;
}

static const struct td_json *member(const struct td_json *object, struct td_bytes key)
{
    if (object->kind != TD_JSON_OBJECT)
        return NULL;
    for (const struct td_json *child = object->first; child; child = child->next)
        if (td_bytes_equal(child->key, key))
            return child;
    return NULL;
}

static bool key_is(const struct td_json *node, const char *key)
{
    return node && td_bytes_equal(node->key, td_bytes_of(key));
}

static bool is_functions(const struct td_json *node)
{
    return key_is(node, "functionDeclarations") || key_is(node, "function_declarations");
}

static bool is_tools(const struct td_json *node)
{
    return node->kind == TD_JSON_ARRAY &&
           (key_is(node, "tools") || key_is(node, "functions") || is_functions(node));
}

/* The tool that a node is or is in, by where the APIs have them: the outermost, but for Gemini's,
 * whose tools are lists of functions. */
static const struct td_json *tool_around(const struct td_json *node)
{
    const struct td_json *found = NULL;
    for (; node && node->parent; node = node->parent)
        if (is_tools(node->parent) && (!found || !is_functions(found->parent)))
            found = node;
    return found;
}

static struct td_bytes tool_name(const struct td_json *tool)
{
    static const char *const wrappers[] = {"function", "toolSpec"};
    const struct td_json *name = member(tool, TD_BYTES("name"));
    for (size_t i = 0; !name && i < sizeof wrappers / sizeof *wrappers; i++) {
        const struct td_json *inner = member(tool, td_bytes_of(wrappers[i]));
        name = inner ? member(inner, TD_BYTES("name")) : NULL;
    }
    if (!name)
        name = member(tool, TD_BYTES("type"));
    return name && name->kind == TD_JSON_STRING ? name->text : td_bytes(NULL, 0);
}

static void put_name(struct td_buf *out, struct td_bytes name)
{
    if (name.len > NAME_LIMIT)
        name.len = NAME_LIMIT;
    td_excerpt_text(out, '\0', name, td_bytes(NULL, 0));
}

static void put_tool(struct td_buf *out, const struct td_json *tool)
{
    struct td_bytes name = tool_name(tool);
    td_buf_put_text(out, "tool ");
    if (name.len)
        put_name(out, name);
    else
        td_buf_printf(out, "%zu", tool->index + 1);
}

/* The parameter that a node is or is in: the innermost member of "properties". */
static const struct td_json *parameter_around(const struct td_json *node,
                                              const struct td_json *tool)
{
    for (; node != tool; node = node->parent)
        if (node->parent != tool && key_is(node->parent, "properties"))
            return node;
    return NULL;
}

static bool is_within(const struct td_json *node, const struct td_json *tool, const char *key)
{
    for (; node != tool; node = node->parent)
        if (key_is(node, key))
            return true;
    return false;
}

static void tell_inside_tool(struct telling *telling, const struct td_json_change *change,
                             const struct td_json *tool, const struct td_json *node)
{
    struct td_buf *line = &telling->line;
    const struct td_json *parameter = parameter_around(node, tool);
    if (change->kind == TD_JSON_CHANGED && key_is(node, "name") && !parameter &&
        change->a->kind == TD_JSON_STRING && change->b->kind == TD_JSON_STRING &&
        tool_name(tool).data == node->text.data) {
        td_buf_put_text(line, "tool ");
        put_name(line, change->a->text);
        td_buf_put_text(line, " renamed to ");
        put_name(line, change->b->text);
        return;
    }
    put_tool(line, tool);
    if (parameter) {
        td_buf_put_text(line, ": parameter ");
        put_name(line, parameter->key);
        if (parameter == node && change->kind == TD_JSON_RENAMED) {
            td_buf_put_text(line, " renamed to ");
            put_name(line, change->b->key);
        } else {
            td_buf_printf(line, " %s", parameter == node ? verb(change->kind) : "changed");
        }
    } else if (is_within(node, tool, "required")) {
        td_buf_put_text(line, ": required parameters changed");
    } else if (key_is(node, "description")) {
        td_buf_printf(line, ": description %s", verb(change->kind));
    } else {
        td_buf_put_text(line, " changed");
    }
}

/* All of them at once, where there were none before or are none any more. */
static bool tell_tools(struct telling *telling, const struct td_json_change *change,
                       const struct td_json *tools)
{
    if (!is_tools(tools) || (change->kind != TD_JSON_ADDED && change->kind != TD_JSON_REMOVED))
        return false;
    const struct td_json *tool = tools->first;
    for (; tool && telling->differences->headline_count < MOST_HEADLINES; tool = tool->next) {
        td_buf_clear(&telling->line);
        put_tool(&telling->line, tool);
        td_buf_printf(&telling->line, " %s", verb(change->kind));
        td_differences_add_headline(telling->differences, td_buf_view(&telling->line));
    }
    return true;
}

/* The tool of the same name that was added where this one was removed, or the other way round. */
static const struct td_json *other_place(const struct telling *telling,
                                         const struct td_json_change *change,
                                         const struct td_json *tool)
{
    enum { MOST = 200 };
    struct td_bytes name = tool_name(tool);
    if (change->kind != TD_JSON_ADDED && change->kind != TD_JSON_REMOVED)
        return NULL;
    for (size_t i = 0; i < telling->delta->count && i < MOST && name.len; i++) {
        const struct td_json_change *other = &telling->delta->items[i];
        const struct td_json *node = change->kind == TD_JSON_ADDED ? other->a : other->b;
        if (other->kind != change->kind && other->into == change->into && node &&
            (other->kind == TD_JSON_ADDED || other->kind == TD_JSON_REMOVED) &&
            td_bytes_equal(tool_name(node), name))
            return node;
    }
    return NULL;
}

static bool tell_tool(struct telling *telling, const struct td_json_change *change)
{
    bool b_side = change->kind == TD_JSON_CHANGED || change->kind == TD_JSON_ADDED;
    const struct td_json *node = b_side ? change->b : change->a;
    const struct td_json *tool = tool_around(node);
    if (!tool)
        return tell_tools(telling, change, node);
    if (node != tool) {
        tell_inside_tool(telling, change, tool, node);
        return true;
    }
    const struct td_json *other = other_place(telling, change, tool);
    /* Told once, where it was. */
    if (other && change->kind == TD_JSON_ADDED)
        return true;
    put_tool(&telling->line, tool);
    if (other)
        td_buf_put_text(&telling->line, " moved and changed");
    else if (change->kind == TD_JSON_MOVED)
        td_buf_printf(&telling->line, " moved from %zu to %zu", change->a->index + 1,
                      change->b->index + 1);
    else
        td_buf_printf(&telling->line, " %s", verb(change->kind));
    return true;
}

static bool is_deep(const struct td_json *node)
{
    size_t levels = 0;
    while (node && levels++ < MOST_LEVELS)
        node = node->parent;
    return node != NULL;
}

static bool tell_model(struct telling *telling, const struct td_json_change *change)
{
    const struct td_json *a = change->a, *b = change->b;
    if (change->kind != TD_JSON_CHANGED || !key_is(b, "model") || !b->parent || b->parent->parent ||
        a->kind != TD_JSON_STRING || b->kind != TD_JSON_STRING)
        return false;
    td_buf_put_text(&telling->line, "model ");
    put_name(&telling->line, a->text);
    td_buf_put_text(&telling->line, " -> ");
    put_name(&telling->line, b->text);
    return true;
}

void td_differences_headlines(struct td_differences *differences, const struct td_query *a,
                              const struct td_query *b, const struct td_body_delta *delta)
{
    if (!delta->delta.count)
        return;
    struct telling telling = {.delta = &delta->delta, .differences = differences};
    td_buf_init(&telling.line);
    td_buf_init(&telling.path);
    bool read = read_messages(&telling.a, a) == 0;
    read = read_messages(&telling.b, b) == 0 && read;
    differences->failed |= !read;
    if (read && telling.a.request && telling.b.request) {
        for (size_t i = 0; i < delta->delta.count && differences->headline_count < MOST_HEADLINES;
             i++) {
            const struct td_json_change *change = &delta->delta.items[i];
            td_buf_clear(&telling.line);
            if (change->kind != TD_JSON_ARRIVED && i < TD_DIFFERENCES_MOST &&
                !is_deep(change->a ? change->a : change->b) &&
                (tell_model(&telling, change) || tell_message(&telling, change) ||
                 tell_tool(&telling, change)))
                td_differences_add_headline(differences, td_buf_view(&telling.line));
        }
    }
    differences->failed |= td_buf_failed(&telling.line) || td_buf_failed(&telling.path);
    release_messages(&telling.a);
    release_messages(&telling.b);
    td_buf_release(&telling.line);
    td_buf_release(&telling.path);
}
