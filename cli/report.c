/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool report_format_parse(const char *word, enum report_format *format)
{
    static const char *const words[] = {"text", "json", "github"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *format = (enum report_format)i;
            return true;
        }
    }
    return false;
}

bool report_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && *no) && !(term && strcmp(term, "dumb") == 0) && isatty(fileno(out));
}

/* ---- Characters ---- */

/* The character at the front and its length; -1 and 1 where it is not UTF-8. */
static int32_t next_character(const char *data, size_t len, size_t *used)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)*data;
    size_t need = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    *used = 1;
    if (!need || need > len || lead > 0xf4)
        return -1;
    int32_t c = need == 1 ? lead : lead & (0x7f >> need);
    for (size_t i = 1; i < need; i++) {
        if (((unsigned char)data[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (data[i] & 0x3f);
    }
    if (c < least[need] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return -1;
    *used = need;
    return c;
}

/* Controls, and what hides or turns round what stands beside it. */
static bool is_unprintable(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

void report_bytes(FILE *out, const char *data, size_t len)
{
    for (size_t used; len; data += used, len -= used) {
        int32_t c = next_character(data, len, &used);
        if (c < 0)
            fprintf(out, "\\x%02x", (unsigned char)*data);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '\r')
            fputs("\\r", out);
        else if (c == '\t')
            fputs("\\t", out);
        else if (is_unprintable(c))
            fprintf(out, c > 0xffff ? "\\U%08" PRIx32 : "\\u%04" PRIx32, (uint32_t)c);
        else
            fwrite(data, 1, used, out);
    }
}

void report_text(FILE *out, const char *text)
{
    report_bytes(out, text, strlen(text));
}

/* ---- GitHub ---- */

/* Its commands end at a line break, and their properties at a comma; both may be escaped, as may
 * the percent sign that escapes. */
static void put_escaped(FILE *out, const char *text, const char *escaped)
{
    for (; *text; text += strcspn(text, escaped)) {
        if (strchr(escaped, *text))
            fprintf(out, "%%%02X", (unsigned char)*text++);
        size_t run = strcspn(text, escaped);
        report_bytes(out, text, run);
    }
}

void report_annotate(FILE *out, const struct report_annotation *annotation)
{
    static const char in_property[] = "%\r\n:,", in_message[] = "%\r\n";
    fprintf(out, "::%s ", annotation->level);
    if (annotation->file) {
        fputs("file=", out);
        put_escaped(out, annotation->file, in_property);
        if (annotation->line)
            fprintf(out, ",line=%u", annotation->line);
        if (annotation->line && annotation->column)
            fprintf(out, ",col=%u", annotation->column);
        fputc(',', out);
    }
    fputs("title=", out);
    put_escaped(out, annotation->title, in_property);
    fputs("::", out);
    put_escaped(out, annotation->message, in_message);
    fputc('\n', out);
}

/* ---- JSON ---- */

static void put_string(FILE *out, const char *data, size_t len)
{
    fputc('"', out);
    for (size_t used; len; data += used, len -= used) {
        int32_t c = next_character(data, len, &used);
        if (c < 0)
            fputs("\xef\xbf\xbd", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (char)c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '\t')
            fputs("\\t", out);
        else if (is_unprintable(c) && c <= 0xffff)
            fprintf(out, "\\u%04" PRIx32, (uint32_t)c);
        else if (is_unprintable(c))
            fprintf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10),
                    0xdc00 + (unsigned)((c - 0x10000) & 0x3ff));
        else
            fwrite(data, 1, used, out);
    }
    fputc('"', out);
}

static void put_line(struct report_json *json)
{
    fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* All that stands in front of a value. */
static void begin_value(struct report_json *json, const char *key)
{
    if (json->filled)
        fputc(',', json->out);
    if (json->depth)
        put_line(json);
    if (key) {
        put_string(json->out, key, strlen(key));
        fputs(": ", json->out);
    }
    json->filled = true;
}

static void begin_container(struct report_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->filled = false;
}

static void end_container(struct report_json *json, char bracket)
{
    json->depth--;
    if (json->filled)
        put_line(json);
    fputc(bracket, json->out);
    json->filled = true;
    if (!json->depth)
        fputc('\n', json->out);
}

void report_json_object(struct report_json *json, const char *key)
{
    begin_container(json, key, '{');
}

void report_json_array(struct report_json *json, const char *key)
{
    begin_container(json, key, '[');
}

void report_json_end_object(struct report_json *json)
{
    end_container(json, '}');
}

void report_json_end_array(struct report_json *json)
{
    end_container(json, ']');
}

void report_json_bytes(struct report_json *json, const char *key, const char *data, size_t len)
{
    begin_value(json, key);
    put_string(json->out, data, len);
}

void report_json_string(struct report_json *json, const char *key, const char *text)
{
    if (text)
        report_json_bytes(json, key, text, strlen(text));
    else
        report_json_null(json, key);
}

void report_json_number(struct report_json *json, const char *key, int64_t number)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRId64, number);
}

void report_json_bool(struct report_json *json, const char *key, bool value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

void report_json_null(struct report_json *json, const char *key)
{
    begin_value(json, key);
    fputs("null", json->out);
}
