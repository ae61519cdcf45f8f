/* SPDX-License-Identifier: MIT */
/* URLs: taken apart, and normalised as RFC 3986 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/url.h"

static void assert_bytes(struct td_bytes found, const char *expected)
{
    if (!td_bytes_equal(found, td_bytes_of(expected)))
        fail_msg("'%.*s' is not '%s'", (int)found.len, found.data ? found.data : "", expected);
}

static void assert_normal_bytes(struct td_bytes url, const char *expected)
{
    struct td_buf out;
    td_buf_init(&out);
    td_url_normalize(&out, url);
    assert_false(td_buf_failed(&out));
    assert_bytes(td_buf_view(&out), expected);
    td_buf_release(&out);
}

/* And what is normal stays as it is. */
static void assert_normal(const char *url, const char *expected)
{
    assert_normal_bytes(td_bytes_of(url), expected);
    assert_normal_bytes(td_bytes_of(expected), expected);
}

/* "scheme|userinfo|host|port|path|query|fragment", '-' for a part that is not there. */
static void assert_split(const char *text, const char *expected)
{
    struct td_url url;
    struct td_buf out;
    td_url_split(&url, td_bytes_of(text));
    const struct {
        bool has;
        struct td_bytes bytes;
    } parts[] = {{url.has_scheme, url.scheme},
                 {url.has_userinfo, url.userinfo},
                 {url.has_authority, url.host},
                 {url.has_port, url.port},
                 {true, url.path},
                 {url.has_query, url.query},
                 {url.has_fragment, url.fragment}};
    td_buf_init(&out);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (i)
            td_buf_put_char(&out, '|');
        if (parts[i].has)
            td_buf_put_bytes(&out, parts[i].bytes);
        else
            td_buf_put_char(&out, '-');
    }
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
}

static void test_split(void **state)
{
    (void)state;
    assert_split("http://u:p@h.example:80/a/b?c=d?e#f?#g", "http|u:p|h.example|80|/a/b|c=d?e|f?#g");
    assert_split("https://h", "https|-|h|-||-|-");
    assert_split("http://h?", "http|-|h|-|||-");
    assert_split("http://h#", "http|-|h|-||-|");
    assert_split("http://h:/", "http|-|h||/|-|-");
    assert_split("http://@h/", "http||h|-|/|-|-");
    assert_split("http://a@b@h/", "http|a@b|h|-|/|-|-");
    assert_split("http://[::1]:8080/x", "http|-|[::1]|8080|/x|-|-");
    assert_split("http://[::1]/x", "http|-|[::1]|-|/x|-|-");
    assert_split("http://h:port/", "http|-|h:port|-|/|-|-");
    assert_split("//h/x", "-|-|h|-|/x|-|-");
    assert_split("/x:y?z", "-|-|-|-|/x:y|z|-");
    assert_split("mailto:a@b", "mailto|-|-|-|a@b|-|-");
    assert_split("?a#b", "-|-|-|-||a|b");
    assert_split(":x", "-|-|-|-|:x|-|-");
    assert_split("file:///etc/passwd", "file|-||-|/etc/passwd|-|-");
    assert_split("", "-|-|-|-||-|-");
}

static void test_case(void **state)
{
    (void)state;
    assert_normal("HTTPS://API.Example.COM/V1/Chat", "https://api.example.com/V1/Chat");
    assert_normal("http://h/?Q=A", "http://h/?Q=A");
    assert_normal("http://%41.Example%2d1/", "http://a.example-1/");
    assert_normal("http://h%2Fx/", "http://h%2Fx/");
}

static void test_ports(void **state)
{
    (void)state;
    assert_normal("http://h:80/", "http://h/");
    assert_normal("https://h:443/", "https://h/");
    assert_normal("HTTPS://h:443", "https://h/");
    assert_normal("ws://h:80/", "ws://h/");
    assert_normal("wss://h:443/", "wss://h/");
    assert_normal("http://h:/", "http://h/");
    assert_normal("http://h:?a", "http://h/?a");
    assert_normal("http://h:443/", "http://h:443/");
    assert_normal("https://h:80/", "https://h:80/");
    assert_normal("http://h:0080/", "http://h/");
    assert_normal("http://h:08080/", "http://h:8080/");
    assert_normal("http://h:0/", "http://h:0/");
    assert_normal("http://h:18446744073709551696/", "http://h:18446744073709551696/");
    assert_normal("ftp://h:21/", "ftp://h:21/");
    assert_normal("//h:80/", "//h:80/");
    assert_int_equal(td_url_default_port(TD_BYTES("HTTP")), 80);
    assert_int_equal(td_url_default_port(TD_BYTES("https")), 443);
    assert_int_equal(td_url_default_port(TD_BYTES("ws")), 80);
    assert_int_equal(td_url_default_port(TD_BYTES("wss")), 443);
    assert_int_equal(td_url_default_port(TD_BYTES("ftp")), 0);
    assert_int_equal(td_url_default_port(TD_BYTES("")), 0);
}

static void test_hosts(void **state)
{
    (void)state;
    assert_normal("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/");
    assert_normal("http://[::1]:8080", "http://[::1]:8080/");
    assert_normal("http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/");
    assert_normal("http://[::1/", "http://[::1/");
    assert_normal("http://u:p@h/", "http://h/");
    assert_normal("http://@h:80/", "http://h/");
    assert_normal("http://h.:80/", "http://h./");
    assert_normal("http://m\xc3\xbcnchen.de/", "http://m%C3%BCnchen.de/");
    assert_normal("http://h::/", "http://h::/");
    assert_normal("http://a b/", "http://a%20b/");
}

static void test_percent_encoding(void **state)
{
    (void)state;
    assert_normal("http://h/%7Euser/%61%2d%5f%2e", "http://h/~user/a-_.");
    assert_normal("http://h/%c3%a9", "http://h/%C3%A9");
    assert_normal("http://h/\xc3\xa9", "http://h/%C3%A9");
    assert_normal("http://h/a b", "http://h/a%20b");
    assert_normal("http://h/a%20b", "http://h/a%20b");
    assert_normal("http://h/a+b", "http://h/a+b");
    assert_normal("http://h/a%2bb", "http://h/a%2Bb");
    assert_normal("http://h/a%2fb", "http://h/a%2Fb");
    assert_normal("http://h/a/b", "http://h/a/b");
    assert_normal("http://h/?a=%26&b=%3d%3F%23", "http://h/?a=%26&b=%3D%3F%23");
    assert_normal("http://h/?a=1&b=/?:@!$'()*,;", "http://h/?a=1&b=/?:@!$'()*,;");
    assert_normal("http://h/?q=a b\"<>\\^`{|}", "http://h/?q=a%20b%22%3C%3E%5C%5E%60%7B%7C%7D");
    assert_normal("http://h/?a[]=1&a%5b%5D=2", "http://h/?a%5B%5D=1&a%5B%5D=2");
    assert_normal("http://h/a?b#c?d", "http://h/a?b");
    /* A '%' that starts nothing stands for itself; so it is the same as the encoded one. */
    assert_normal("http://h/100%", "http://h/100%25");
    assert_normal("http://h/100%25", "http://h/100%25");
    assert_normal("http://h/%4", "http://h/%254");
    assert_normal("http://h/%zz%4g", "http://h/%25zz%254g");
    assert_normal("http://h/%%41", "http://h/%25A");
    /* Decoded once only. */
    assert_normal("http://h/%2541", "http://h/%2541");
    assert_normal_bytes(TD_BYTES("http://h/a\0b\x7f\n"), "http://h/a%00b%7F%0A");
}

static void test_queries(void **state)
{
    (void)state;
    assert_normal("http://h?a=1", "http://h/?a=1");
    assert_normal("http://h/?", "http://h/?");
    assert_normal("http://h?", "http://h/?");
    assert_normal("http://h/", "http://h/");
    assert_normal("http://h/?b=1&a=2", "http://h/?b=1&a=2");
    assert_normal("http://h/?a=/../b", "http://h/?a=/../b");
    assert_normal("http://h/?a#", "http://h/?a");
}

static void test_paths(void **state)
{
    (void)state;
    assert_normal("http://h", "http://h/");
    assert_normal("http://h/a/b/c/./../../g", "http://h/a/g");
    assert_normal("http://h/mid/content=5/../6", "http://h/mid/6");
    assert_normal("http://h/.", "http://h/");
    assert_normal("http://h/..", "http://h/");
    assert_normal("http://h/../../a", "http://h/a");
    assert_normal("http://h/a/.", "http://h/a/");
    assert_normal("http://h/a/..", "http://h/");
    assert_normal("http://h/a/../", "http://h/");
    assert_normal("http://h/a/b/..", "http://h/a/");
    assert_normal("http://h/a//b", "http://h/a//b");
    assert_normal("http://h/a//../b", "http://h/a/b");
    assert_normal("http://h//..", "http://h/");
    assert_normal("http://h/%2e%2E/%2e/a", "http://h/a");
    assert_normal("http://h/a/.../..b/.c", "http://h/a/.../..b/.c");
    assert_normal("http://h/a%2F../b", "http://h/a%2F../b");
    assert_normal("http://h/a/..;x/b", "http://h/a/..;x/b");
    /* Not the paths that such URLs are about, but nothing may turn into an authority. */
    assert_normal("x:/..//h/a", "x:/.//h/a");
    assert_normal("/..//h", "/.//h");
    assert_normal("mailto:a@b", "mailto:a@b");
    assert_normal("/a/../b", "/b");
    assert_normal("a/../b", "a/../b");
    assert_normal("", "");
}

static void test_long(void **state)
{
    enum { SEGMENTS = 300000 };
    struct td_buf url;
    (void)state;
    td_buf_init(&url);
    td_buf_put_text(&url, "http://h");
    for (int i = 0; i < SEGMENTS; i++)
        td_buf_put_text(&url, "/a");
    for (int i = 0; i < SEGMENTS; i++)
        td_buf_put_text(&url, "/..");
    td_buf_put_text(&url, "/b");
    assert_normal_bytes(td_buf_view(&url), "http://h/b");
    td_buf_release(&url);
}

/* A byte is the same as its encoding exactly where it stands for itself. */
static void test_every_byte(void **state)
{
    static const char own[] = "!$&'()*+,;=:@/?";
    (void)state;
    for (int c = 1; c < 256; c++) {
        if (c == '%' || c == '#')
            continue;
        struct td_buf raw, encoded;
        char text[] = "http://h/?aXb", code[32];
        *strchr(text, 'X') = (char)c;
        snprintf(code, sizeof code, "http://h/?a%%%02xb", (unsigned)c);
        td_buf_init(&raw);
        td_buf_init(&encoded);
        td_url_normalize(&raw, td_bytes_of(text));
        td_url_normalize(&encoded, td_bytes_of(code));
        assert_int_equal(td_bytes_equal(td_buf_view(&raw), td_buf_view(&encoded)), !strchr(own, c));
        td_buf_release(&raw);
        td_buf_release(&encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_percent_encoding),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
