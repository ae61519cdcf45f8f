/* SPDX-License-Identifier: MIT */
/* Rules are kept as lists of texts, and in the order in which they came: only `parts` replaces what
 * was said before. */
#include "match/rules.h"

#include <stdlib.h>

#include "base/grow.h"
#include "http/url.h"

static const struct part {
    const char *name;
    unsigned bit;
} parts[] = {
    {"method", TD_RULES_METHOD},
    {"url", TD_RULES_URL},
    {"headers", TD_RULES_HEADERS},
    {"body", TD_RULES_BODY},
};

void td_rules_init(struct td_rules *rules)
{
    *rules = (struct td_rules){.parts = TD_RULES_DEFAULT};
    td_json_patterns_init(&rules->paths);
    td_arena_init(&rules->arena);
}

void td_rules_release(struct td_rules *rules)
{
    td_json_patterns_release(&rules->paths);
    free(rules->headers.items);
    free(rules->ignore_headers.items);
    free(rules->ignore_query.items);
    td_arena_release(&rules->arena);
    td_rules_init(rules);
}

static int add_name(struct td_rules_names *names, struct td_bytes name, struct td_error *err)
{
    if (!name.len)
        return td_error_set(err, TD_ERR_INVALID, "a name is empty");
    void *items = td_grow(names->items, names->count, &names->capacity, sizeof *names->items);
    if (!items)
        return td_error_nomem(err);
    names->items = items;
    names->items[names->count++] = name;
    return 0;
}

/* The setters: each takes one value, whose text lives as long as the rules. */

static int add_part(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (td_bytes_equal(value, td_bytes_of(parts[i].name))) {
            rules->parts |= parts[i].bit;
            return 0;
        }
    }
    return td_error_set(err, TD_ERR_INVALID,
                        "'%.*s' is no part of a request: there are method, url, headers and body",
                        (int)(value.len < 100 ? value.len : 100), value.data);
}

static int add_header(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    rules->parts |= TD_RULES_HEADERS;
    rules->parts_said = true;
    return add_name(&rules->headers, value, err);
}

static int add_ignore_header(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    return add_name(&rules->ignore_headers, value, err);
}

static int add_ignore_query(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    return add_name(&rules->ignore_query, value, err);
}

static int add_ignore_path(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    return td_json_patterns_add(&rules->paths, value, TD_JSON_IGNORE, err);
}

static int add_unordered(struct td_rules *rules, struct td_bytes value, struct td_error *err)
{
    return td_json_patterns_add(&rules->paths, value, TD_JSON_SET, err);
}

static const struct setting {
    const char *name;
    int (*add)(struct td_rules *rules, struct td_bytes value, struct td_error *err);
} known[] = {
    {"parts", add_part},
    {"headers", add_header},
    {"ignore_headers", add_ignore_header},
    {"ignore_query", add_ignore_query},
    {"ignore_paths", add_ignore_path},
    {"unordered", add_unordered},
};

static const struct setting *find_setting(struct td_bytes name, int code, struct td_error *err)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (td_bytes_equal(name, td_bytes_of(known[i].name)))
            return &known[i];
    td_error_set(err, code,
                 "no setting 'match.%.*s': there are parts, headers, ignore_headers, "
                 "ignore_query, ignore_paths and unordered",
                 (int)(name.len < 100 ? name.len : 100), name.data);
    return NULL;
}

static int add_value(struct td_rules *rules, const struct setting *setting, struct td_bytes value,
                     struct td_error *err)
{
    struct td_bytes kept = td_arena_copy(&rules->arena, value);
    if (!kept.data)
        return td_error_nomem(err);
    int status = setting->add(rules, kept, err);
    if (status < 0)
        return status;
    rules->fingerprint =
        td_hash_join(rules->fingerprint,
                     td_hash_join(td_hash_bytes(td_bytes_of(setting->name)), td_hash_bytes(kept)));
    return 0;
}

/* `parts` says all that counts, so that the list before it is forgotten. */
static void begin(struct td_rules *rules, const struct setting *setting)
{
    if (setting->add != add_part)
        return;
    rules->parts_said = true;
    rules->parts = rules->headers.count ? TD_RULES_HEADERS : 0;
    rules->fingerprint = td_hash_join(rules->fingerprint, td_hash_bytes(TD_BYTES("parts:")));
}

static int add_setting(struct td_rules *rules, struct td_bytes name, const struct td_list *values,
                       struct td_error *err)
{
    const struct setting *setting = find_setting(name, TD_ERR_FORMAT, err);
    if (!setting)
        return TD_ERR_FORMAT;
    begin(rules, setting);
    int status = 0;
    for (size_t i = 0; i < values->count && !status; i++)
        status = add_value(rules, setting, values->items[i], err);
    return status;
}

static int at(const struct td_settings *settings, const struct td_setting *setting,
              const struct td_error *cause, struct td_error *err)
{
    return td_error_set_at(err, cause->code, settings->path, setting->mark.line,
                           setting->mark.column, "%s", cause->message);
}

int td_rules_add(struct td_rules *rules, const struct td_settings *settings, struct td_error *err)
{
    const struct td_bytes prefix = TD_BYTES("match.");
    for (size_t i = 0; i < settings->count; i++) {
        const struct td_setting *setting = &settings->items[i];
        struct td_bytes name = setting->path;
        struct td_error cause;
        if (td_bytes_equal(name, TD_BYTES("match"))) {
            if (!setting->values.count)
                continue;
            td_error_set(&cause, TD_ERR_FORMAT, "'match' must be a mapping of settings");
            return at(settings, setting, &cause, err);
        }
        if (name.len < prefix.len || memcmp(name.data, prefix.data, prefix.len) != 0)
            continue;
        name = td_bytes(name.data + prefix.len, name.len - prefix.len);
        if (add_setting(rules, name, &setting->values, &cause) < 0)
            return at(settings, setting, &cause, err);
    }
    return 0;
}

int td_rules_add_text(struct td_rules *rules, const char *text, struct td_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return td_error_set(err, TD_ERR_INVALID,
                            "'%.200s' is no matching rule: it reads 'name=value', as in "
                            "'ignore_paths=/metadata'",
                            text);
    const struct setting *setting =
        find_setting(td_bytes(text, (size_t)(equals - text)), TD_ERR_INVALID, err);
    if (!setting)
        return TD_ERR_INVALID;
    begin(rules, setting);
    struct td_buf value;
    td_buf_init(&value);
    int status = 0;
    for (const char *c = equals + 1; !status; c++) {
        if (*c == '\\' && c[1] == ',') {
            td_buf_put_char(&value, *++c);
        } else if (*c && *c != ',') {
            td_buf_put_char(&value, *c);
        } else {
            status = td_buf_failed(&value) ? td_error_nomem(err)
                                           : add_value(rules, setting, td_buf_view(&value), err);
            td_buf_clear(&value);
            if (!*c)
                break;
        }
    }
    td_buf_release(&value);
    return status;
}

int td_rules_ignore_path(struct td_rules *rules, struct td_bytes path, struct td_error *err)
{
    const struct setting *setting = find_setting(TD_BYTES("ignore_paths"), TD_ERR_INVALID, err);
    return add_value(rules, setting, path, err);
}

/* The parts that a rules file may have; what each of them says is its owner's to check. */
static bool is_section(struct td_bytes path)
{
    static const char *const sections[] = {"match", "scrub"};
    const char *dot = path.len ? memchr(path.data, '.', path.len) : NULL;
    struct td_bytes first = td_bytes(path.data, dot ? (size_t)(dot - path.data) : path.len);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (td_bytes_equal(first, td_bytes_of(sections[i])))
            return true;
    return false;
}

int td_rules_add_file(struct td_rules *rules, const struct td_settings *file, struct td_error *err)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct td_setting *setting = &file->items[i];
        if (!is_section(setting->path))
            return td_error_set_at(
                err, TD_ERR_FORMAT, file->path, setting->mark.line, setting->mark.column,
                "no rules are called '%.100s': there are 'match' and 'scrub'", setting->path.data);
    }
    return td_rules_add(rules, file, err);
}

static bool same_byte(char a, char b, bool nocase)
{
    return a == b || (nocase && td_bytes_equal_nocase(td_bytes(&a, 1), td_bytes(&b, 1)));
}

/* Whether `text` is what the pattern says, in which '*' is any text. */
static bool glob(struct td_bytes pattern, struct td_bytes text, bool nocase)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len && same_byte(pattern.data[p], text.data[t], nocase)) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}

static bool listed(const struct td_rules_names *names, struct td_bytes name, bool nocase)
{
    for (size_t i = 0; i < names->count; i++)
        if (glob(names->items[i], name, nocase))
            return true;
    return false;
}

bool td_rules_header_counts(const struct td_rules *rules, struct td_bytes name)
{
    static const char *const transport[] = {
        "Host",       "Content-Length", "Transfer-Encoding", "Connection",
        "Keep-Alive", "Expect",         "Proxy-Connection",  "TE",
    };
    if (!(rules->parts & TD_RULES_HEADERS) || listed(&rules->ignore_headers, name, true))
        return false;
    if (rules->headers.count)
        return listed(&rules->headers, name, true);
    for (size_t i = 0; i < sizeof transport / sizeof *transport; i++)
        if (td_bytes_equal_nocase(name, td_bytes_of(transport[i])))
            return false;
    return true;
}

/* The name of the field "name=value" of a query, decoded; its room is the caller's. */
static struct td_bytes field_name(struct td_bytes field, struct td_buf *room)
{
    const char *equals = field.len ? memchr(field.data, '=', field.len) : NULL;
    struct td_bytes name = td_bytes(field.data, equals ? (size_t)(equals - field.data) : field.len);
    td_buf_clear(room);
    char *to = td_buf_reserve(room, name.len + 1);
    return to ? td_bytes(to, td_url_decode_field(to, name)) : td_bytes(NULL, 0);
}

void td_rules_put_url(struct td_buf *out, const struct td_rules *rules, struct td_bytes url)
{
    size_t start = out->len;
    td_url_normalize(out, url);
    if (!rules->ignore_query.count || td_buf_failed(out))
        return;
    char *text = out->data + start, *mark = memchr(text, '?', out->len - start);
    if (!mark)
        return;
    struct td_buf room;
    td_buf_init(&room);
    const char *end = out->data + out->len;
    char *to = mark;
    for (const char *at = mark + 1; at <= end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        struct td_bytes field = td_bytes(at, (size_t)(stop - at));
        if (!listed(&rules->ignore_query, field_name(field, &room), false)) {
            *to = to == mark ? '?' : '&';
            memmove(++to, field.data, field.len);
            to += field.len;
        }
        at = stop + 1;
    }
    out->failed |= td_buf_failed(&room);
    out->len = (size_t)(to - out->data);
    *to = '\0';
    td_buf_release(&room);
}

/* What counts of a value: a boundary is made up anew each time. */
struct td_bytes td_rules_header_value(struct td_bytes name, struct td_bytes value)
{
    value = td_bytes_trim(value);
    if (td_bytes_equal_nocase(name, TD_BYTES("Content-Type")) &&
        td_bytes_starts_nocase(value, TD_BYTES("multipart/"))) {
        const char *semicolon = memchr(value.data, ';', value.len);
        if (semicolon)
            value.len = (size_t)(semicolon - value.data);
    }
    return td_bytes_trim(value);
}

struct counted {
    struct td_field field;
    size_t index;
};

static int compare_counted(const void *a, const void *b)
{
    const struct counted *left = a, *right = b;
    int order = td_bytes_compare_nocase(left->field.name, right->field.name);
    if (order)
        return order;
    return left->index < right->index ? -1 : left->index > right->index;
}

int td_rules_headers(const struct td_rules *rules, const struct td_fields *headers,
                     struct td_arena *arena, struct td_fields *counted)
{
    *counted = (struct td_fields){0};
    struct counted *items = td_arena_alloc(arena, (headers->count + 1) * sizeof *items);
    struct td_field *fields = td_arena_alloc(arena, (headers->count + 1) * sizeof *fields);
    if (!items || !fields)
        return TD_ERR_NOMEM;
    size_t count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct td_bytes name = headers->items[i].name;
        if (!td_rules_header_counts(rules, name))
            continue;
        struct td_bytes value = td_rules_header_value(name, headers->items[i].value);
        items[count] = (struct counted){{name, value}, count};
        count++;
    }
    qsort(items, count, sizeof *items, compare_counted);
    for (size_t i = 0; i < count; i++)
        fields[i] = items[i].field;
    *counted = (struct td_fields){fields, count};
    return 0;
}
