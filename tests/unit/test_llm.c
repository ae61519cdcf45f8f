/* SPDX-License-Identifier: MIT */
/* Requests, and replies that are one document, of each API; which API it is; what is volatile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "llm_said.h"

static void check_request(const char *url, const char *body, const char *expected)
{
    struct td_llm_exchange exchange = {.url = td_bytes_of(url), .request_body = td_bytes_of(body)};
    struct td_llm_request *request;
    struct td_error err;
    struct td_buf said;
    td_buf_init(&said);
    assert_int_equal(td_llm_exchange_request(&exchange, &request, &err), 0);
    if (request)
        said_request(&said, request);
    assert_string_equal(said.data ? said.data : "none", expected);
    assert_int_equal(td_llm_api_of(&exchange), request ? request->api : TD_LLM_NONE);
    td_llm_request_free(request);
    td_buf_release(&said);
}

static void test_chat_request(void **state)
{
    (void)state;
    check_request(
        "https://openrouter.ai/api/v1/chat/completions",
        "{\"model\":\"m\",\"stream\":true,\"messages\":["
        "{\"role\":\"system\",\"content\":\"Be brief\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What is it?\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.test/b.jpg\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAAAA\",\"format\":\"wav\"}},"
        "{\"type\":\"hologram\",\"x\":1}]},"
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"Hm\",\"tool_calls\":["
        "{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
        "\"{\\\"a\\\":1}\"}},{\"id\":\"call_2\",\"type\":\"custom\",\"custom\":{\"name\":\"g\","
        "\"input\":\"x\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"5\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"call_2\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"6\"},{\"type\":\"text\",\"text\":\"7\"}]},5,{}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"does f\","
        "\"parameters\":{\"type\": \"object\"}}},{\"type\":\"web_search\"}]}",
        "openai-chat m stream\n"
        "/messages/0 system{text=Be brief}\n"
        "/messages/1 user{text=What is it?, media(image/png)[4], media(image_url)="
        "https://a.test/b.jpg, media(wav)[6], other(hologram)}\n"
        "/messages/2 assistant{reasoning=Hm, tool_call(f#call_1)={\"a\":1}, "
        "tool_call(g#call_2)=x}\n"
        "/messages/3 tool{tool_result(#call_1)=5}\n"
        "/messages/4 tool{tool_result(#call_2)=6\n7}\n"
        "/messages/5 {}\n"
        "/messages/6 {}\n"
        "tool function f: does f {\"type\": \"object\"}\n"
        "tool web_search :  ");
    check_request("https://x.openai.azure.com/openai/deployments/gpt%2D4o/chat/completions"
                  "?api-version=2024-10-21",
                  "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                  "openai-chat gpt-4o\n/messages/0 user{text=hi}");
    check_request("http://x.test/v1/completions", "{\"model\":\"m\",\"prompt\":\"Once upon\"}",
                  "openai-chat m\n/prompt user{text=Once upon}");
}

static void test_responses_request(void **state)
{
    (void)state;
    check_request(
        "https://api.openai.com/v1/responses/",
        "{\"model\":\"o\",\"instructions\":\"Be brief\",\"input\":["
        "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hi\"},"
        "{\"type\":\"input_image\",\"image_url\":\"https://a.test/b\"}]},"
        "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text\","
        "\"text\":\"Hm\"}],\"encrypted_content\":\"xyz\"},"
        "{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"5\"},"
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
        "\"text\":\"Five\"}]},{\"type\":\"item_reference\",\"id\":\"x\"}],"
        "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\",\"parameters\":{}}]"
        "}",
        "openai-responses o\n"
        "/instructions system{text=Be brief}\n"
        "/input/0 user{text=hi, media(input_image)=https://a.test/b}\n"
        "/input/1 assistant{reasoning=Hm}\n"
        "/input/2 assistant{tool_call(f#call_1)={}}\n"
        "/input/3 tool{tool_result(#call_1)=5}\n"
        "/input/4 assistant{text=Five}\n"
        "/input/5 assistant{other(item_reference)}\n"
        "tool function f: d {}");
    check_request("/responses", "{\"model\":\"o\",\"input\":\"hi\",\"stream\":true}",
                  "openai-responses o stream\n/input user{text=hi}");
}

static void test_anthropic_request(void **state)
{
    (void)state;
    static const char body[] =
        "{\"model\":\"c\",\"max_tokens\":9,\"system\":[{\"type\":\"text\",\"text\":\"Be brief\"}],"
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"},"
        "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/"
        "jpeg\",\"data\":"
        "\"AAAAA\"}},{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://d\"}}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm\","
        "\"signature\":\"s\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":"
        "\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{\"a\": 1}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\","
        "\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"no\"},{\"type\":\"image\","
        "\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA\"}}]},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_2\",\"content\":\"yes\"}]},"
        "{\"role\":\"assistant\",\"content\":\"Well\"}],"
        "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{}},"
        "{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]}";
    static const char rest[] =
        "\n/system system{text=Be brief}\n"
        "/messages/0 user{text=hi, media(image/jpeg)[5], media(document)=https://d}\n"
        "/messages/1 assistant{reasoning=Hm, reasoning(redacted_thinking), "
        "tool_call(f#toolu_1)={\"a\": 1}}\n"
        "/messages/2 user{tool_result!(#toolu_1)=no, media(image/png)[2], "
        "tool_result(#toolu_2)=yes}\n"
        "/messages/3 assistant{text=Well}\n"
        "tool function f: d {}\n"
        "tool web_search_20250305 web_search:  ";
    struct td_buf expected;
    td_buf_init(&expected);
    td_buf_printf(&expected, "anthropic c%s", rest);
    check_request("https://api.anthropic.com/v1/messages?beta=true", body, expected.data);
    check_request("https://proxy.test/anything", body, expected.data);
    td_buf_release(&expected);
    check_request("https://l.test/v1/projects/p/locations/l/publishers/anthropic/models/"
                  "claude-x@20250101:streamRawPredict",
                  "{\"anthropic_version\":\"vertex-2023-10-16\",\"messages\":[{\"role\":\"user\","
                  "\"content\":\"hi\"}]}",
                  "anthropic claude-x@20250101 stream\n/messages/0 user{text=hi}");
    check_request("https://b.test/model/anthropic.claude-v2%3A1/invoke",
                  "{\"anthropic_version\":\"bedrock-2023-05-31\",\"messages\":[{\"role\":\"user\","
                  "\"content\":\"hi\"}]}",
                  "anthropic anthropic.claude-v2:1\n/messages/0 user{text=hi}");
}

static void test_gemini_request(void **state)
{
    (void)state;
    check_request(
        "https://g.test/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
        "{\"systemInstruction\":{\"parts\":[{\"text\":\"Be brief\"}]},\"contents\":["
        "{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"},{\"inlineData\":{\"mimeType\":"
        "\"image/png\",\"data\":\"AAA\"}},{\"fileData\":{\"fileUri\":\"gs://a\",\"mimeType\":"
        "\"video/mp4\"}}]},"
        "{\"role\":\"model\",\"parts\":[{\"text\":\"Hm\",\"thought\":true},{\"functionCall\":"
        "{\"name\":\"f\",\"args\":{\"a\":1}},\"thoughtSignature\":\"x\"}]},"
        "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":"
        "{\"r\":5}}}]},{\"parts\":{\"text\":\"one\"}}],"
        "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\","
        "\"parameters\":{}}]},{\"googleSearch\":{}}]}",
        "gemini gemini-x stream\n"
        "/systemInstruction system{text=Be brief}\n"
        "/contents/0 user{text=hi, media(image/png)[3], media(video/mp4)=gs://a}\n"
        "/contents/1 model{reasoning=Hm, tool_call(f)={\"a\":1}}\n"
        "/contents/2 user{tool_result(f)={\"r\":5}}\n"
        "/contents/3 user{text=one}\n"
        "tool function f: d {}\n"
        "tool googleSearch :  ");
    check_request("https://c.test/v1internal:generateContent",
                  "{\"model\":\"g\",\"request\":{\"contents\":[{\"role\":\"user\",\"parts\":"
                  "[{\"text\":\"hi\"}]}]}}",
                  "gemini g\n/request/contents/0 user{text=hi}");
}

static void test_converse_request(void **state)
{
    (void)state;
    check_request(
        "https://b.test/model/us.amazon.nova-pro-v1%3A0/converse-stream",
        "{\"system\":[{\"text\":\"Be brief\"}],\"messages\":[{\"role\":\"user\",\"content\":"
        "[{\"text\":\"hi\"},{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAAA\"}}},"
        "{\"cachePoint\":{\"type\":\"default\"}}]},{\"role\":\"assistant\",\"content\":"
        "[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"Hm\",\"signature\":\"s\"}}},"
        "{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\",\"input\":{}}}]},{\"role\":\"user\","
        "\"content\":[{\"toolResult\":{\"toolUseId\":\"t1\",\"status\":\"error\",\"content\":"
        "[{\"json\":{\"a\":1}},{\"text\":\"x\"}]}}]}],\"toolConfig\":{\"tools\":[{\"toolSpec\":"
        "{\"name\":\"f\",\"description\":\"d\",\"inputSchema\":{\"json\":{}}}}]}}",
        "bedrock-converse us.amazon.nova-pro-v1:0 stream\n"
        "/system system{text=Be brief}\n"
        "/messages/0 user{text=hi, media(image)[4], other(cachePoint)}\n"
        "/messages/1 assistant{reasoning=Hm, tool_call(f#t1)={}}\n"
        "/messages/2 user{tool_result!(#t1)={\"a\":1}\nx}\n"
        "tool function f: d {}");
}

static void test_ollama_request(void **state)
{
    (void)state;
    check_request("http://localhost:11434/api/chat",
                  "{\"model\":\"l\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\",\"images\":"
                  "[\"AAAA\"]},{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":"
                  "[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},{\"role\":\"tool\","
                  "\"content\":\"5\",\"tool_name\":\"f\"}]}",
                  "ollama l stream\n"
                  "/messages/0 user{text=hi, media(image)[4]}\n"
                  "/messages/1 assistant{text=, tool_call(f)={\"a\":1}}\n"
                  "/messages/2 tool{tool_result(f)=5}");
    check_request("/api/generate", "{\"model\":\"l\",\"prompt\":\"hi\",\"stream\":false}",
                  "ollama l\n/prompt user{text=hi}");
}

/* What is none, and what is one but cannot be read. */
static void test_other_requests(void **state)
{
    (void)state;
    static const char *const none[][2] = {
        {"https://a.test/", ""},
        {"https://a.test/", "{}"},
        {"https://a.test/", "{\"messages\":[\"a\"]}"},
        {"https://a.test/v1/embeddings", "{\"model\":\"e\",\"input\":[\"a\",\"b\"]}"},
        {"https://a.test/v1/threads/t/messages", "{\"role\":\"user\",\"content\":\"hi\"}"},
        {"https://a.test/forms/1/responses", "{\"answers\":[]}"},
        {"https://a.test/inbox/messages", ""},
        {"https://a.test/model/x/predict", "{}"},
        {"https://a.test/converse", "{}"},
        {"https://a.test/api/chat", "{\"text\":\"hi\"}"},
        {"https://b.test/model/meta.llama/invoke", "{\"prompt\":\"hi\"}"},
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        check_request(none[i][0], none[i][1], "none");
    check_request("/v1/chat/completions", "", "openai-chat  (the body is empty)");
    check_request("/v1/chat/completions", "{\"model\":", "openai-chat  (the body is not JSON)");
    check_request("/v1/chat/completions", "[1]", "openai-chat  (the body is not a JSON object)");
    check_request("/v1/messages", "{\"messages\":", "anthropic  (the body is not JSON)");
    /* Wrong types everywhere. */
    check_request("/v1/chat/completions",
                  "{\"model\":5,\"stream\":\"yes\",\"messages\":{\"a\":1},\"tools\":[5,null,\"x\","
                  "{\"function\":[]}]}",
                  "openai-chat \ntool  :  \ntool  :  \ntool  :  \ntool  :  ");
    check_request("/m/models/g:generateContent",
                  "{\"contents\":[5,null,{\"parts\":[1,{},{\"functionCall\":3}]}],\"tools\":[7]}",
                  "gemini g\n/contents/0 user{}\n/contents/1 user{}\n/contents/2 user{tool_call}");
}

static void check_reply(const char *url, const char *request, int code, const char *body,
                        const char *expected)
{
    struct td_llm_exchange exchange = {
        .url = td_bytes_of(url),
        .request_body = td_bytes_of(request),
        .code = code,
        .content_type = TD_BYTES("application/json"),
        .response_body = td_bytes_of(body),
    };
    struct td_llm_reply *reply;
    struct td_error err;
    struct td_buf said;
    td_buf_init(&said);
    assert_int_equal(td_llm_exchange_reply(&exchange, &reply, &err), 0);
    assert_non_null(reply);
    said_reply(&said, reply);
    if (reply->incomplete)
        td_buf_printf(&said, " (%s)", reply->incomplete);
    assert_string_equal(said.data, expected);
    assert_false(reply->streamed);
    assert_int_equal(reply->complete, !reply->incomplete);
    td_llm_reply_free(reply);
    /* Any beginning of it: no crash, and never whole. */
    for (size_t len = 0; code < 400 && body[0] == '{' && len + 1 < strlen(body); len++) {
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, body, len);
        exchange.response_body = td_bytes(copy, len);
        assert_int_equal(td_llm_exchange_reply(&exchange, &reply, &err), 0);
        assert_true(!reply || !reply->complete);
        td_llm_reply_free(reply);
        free(copy);
    }
    td_buf_release(&said);
}

static void test_replies(void **state)
{
    (void)state;
    check_reply(
        "/v1/chat/completions", "{}", 200,
        "{\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"tool_calls\":[{\"id\":"
        "\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":"
        "\"stop\"},{\"index\":1,\"message\":{\"role\":\"assistant\",\"refusal\":\"No\"}}],"
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}",
        "m assistant{text=Hi, tool_call(f#c)={}}stop assistant{refusal=No} in=1 out=2 all=3");
    check_reply("/v1/responses", "{\"model\":\"m\"}", 200,
                "{\"object\":\"response\",\"model\":\"m\",\"status\":\"completed\",\"error\":null,"
                "\"output\":[{\"type\":\"reasoning\",\"summary\":[]},{\"type\":\"message\","
                "\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"},{\"type\":\"refusal\","
                "\"refusal\":\"No\"}]},{\"type\":\"web_search_call\",\"id\":\"ws\",\"action\":"
                "{\"query\":\"q\"}},{\"type\":\"image_generation_call\",\"id\":\"ig\",\"result\":"
                "\"AAAA\"}]}",
                "m assistant{text=Hi, refusal=No, tool_call(web_search_call#ws)={\"query\":\"q\"}, "
                "media(image_generation_call)[4]}completed");
    check_reply("/v1/messages", "{\"messages\":[]}", 200,
                "{\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":"
                "[{\"type\":\"text\",\"text\":\"Hi\"}],\"stop_reason\":\"end_turn\",\"usage\":"
                "{\"input_tokens\":1,\"output_tokens\":2}}",
                "c assistant{text=Hi}end_turn in=1 out=2");
    check_reply("/v1/messages/count_tokens", "{\"messages\":[]}", 200, "{\"input_tokens\":14}",
                " in=14");
    check_reply("/models/g:generateContent", "{}", 200,
                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hi\"}]},"
                "\"finishReason\":\"STOP\"}],\"modelVersion\":\"g-1\"}",
                "g-1 model{text=Hi}STOP");
    check_reply("/models/g:generateContent", "{}", 200,
                "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
                " error:SAFETY:the prompt was blocked");
    check_reply(
        "/model/n/converse", "{}", 200,
        "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"text\":\"Hi\"}]}},"
        "\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":1,\"outputTokens\":2,"
        "\"totalTokens\":3}}",
        " assistant{text=Hi}end_turn in=1 out=2 all=3");
    check_reply("/api/chat", "{\"model\":\"l\"}", 200,
                "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":"
                "true,\"done_reason\":\"stop\"}",
                "l assistant{text=Hi}stop");
    check_reply("/api/chat", "{\"model\":\"l\"}", 200,
                "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":"
                "false}",
                "l assistant{text=Hi} (the body is not an answer of this API)");
}

static void test_errors(void **state)
{
    (void)state;
    check_reply("/v1/chat/completions", "{}", 429,
                "{\"error\":{\"message\":\"Slow down\",\"type\":\"requests\",\"code\":\"x\"}}",
                " error:requests:Slow down");
    check_reply("/v1/chat/completions", "{}", 400, "{\"error\":\"no model\"}", " error::no model");
    check_reply("/v1/chat/completions", "{}", 422, "{\"detail\":[{\"msg\":\"x\"}]}",
                " error:422:[{\"msg\":\"x\"}]");
    check_reply("/v1/chat/completions", "{}", 502, "<html>Bad gateway</html>", " error:502:");
    check_reply("/v1/chat/completions", "{}", 500, "", " error:500:");
    check_reply(
        "/v1/messages", "{\"messages\":[]}", 529,
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}",
        " error:overloaded_error:Busy");
    check_reply("/models/g:streamGenerateContent", "{}", 400,
                "[{\"error\":{\"code\":400,\"message\":\"Bad\",\"status\":\"INVALID_ARGUMENT\"}}]",
                " error:INVALID_ARGUMENT:Bad");
    check_reply("/model/n/converse", "{}", 400, "{\"message\":\"Malformed\"}",
                " error:400:Malformed");
    check_reply("/v1/chat/completions", "{}", 200, "{}",
                " (the body is not an answer of this API)");
    check_reply("/v1/chat/completions", "{}", 200, "nonsense",
                " (the body is not JSON, or is cut off)");
    check_reply("/v1/chat/completions", "{}", 200, "", " (the body is empty)");
}

static void test_broken(void **state)
{
    (void)state;
    struct td_llm_exchange exchange = {
        .url = TD_BYTES("/v1/chat/completions"),
        .code = 200,
        .response_body = TD_BYTES("data: [DONE]\n\n"),
        .broken = TD_BYTES("timeout"),
    };
    struct td_llm_reply *reply;
    assert_int_equal(td_llm_exchange_reply(&exchange, &reply, NULL), 0);
    assert_false(reply->complete);
    assert_string_equal(reply->incomplete, "the transfer was broken off: timeout");
    td_llm_reply_free(reply);
}

static void test_deep(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    struct td_buf body;
    struct td_llm_exchange exchange = {.url = TD_BYTES("/v1/messages")};
    struct td_llm_request *request;
    td_buf_init(&body);
    td_buf_put_text(&body,
                    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                    "\"content\":");
    for (int i = 0; i < DEPTH; i++)
        td_buf_put_text(&body, "[{\"type\":\"tool_result\",\"content\":");
    td_buf_put_text(&body, "0");
    for (int i = 0; i < DEPTH; i++)
        td_buf_put_text(&body, "}]");
    td_buf_put_text(&body, "}]}]}");
    exchange.request_body = td_buf_view(&body);
    assert_int_equal(td_llm_exchange_request(&exchange, &request, NULL), 0);
    assert_null(request->problem);
    assert_int_equal(request->message_count, 1);
    td_llm_request_free(request);
    td_buf_release(&body);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"/id", "/id", true},
        {"/id", "/ids", false},
        {"/id", "/id/x", false},
        {"/id", "", false},
        {"/a/*/b", "/a/0/b", true},
        {"/a/*/b", "/a/0/1/b", false},
        {"/a/*/b", "/a/b", false},
        {"/*_time", "/queue_time", true},
        {"/*_time", "/time", false},
        {"/**/b", "/b", true},
        {"/**/b", "/a/0/b", true},
        {"/**/b", "/a/b/c", false},
        {"/a/**/b", "/a/b/x/b", true},
        {"/a/**/b/c", "/a/b/b/b/c", true},
        {"/a/**/b/c", "/x/b/c", false},
        {"/**/a/**/b", "/x/a/y/a/z/b", true},
        {"/**/a/**/b", "/x/b/y/a", false},
        {"/a/**", "/a", true},
        {"/a/**", "/a/b/c", true},
        {"/", "/", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(td_llm_path_matches(cases[i].pattern, td_bytes_of(cases[i].path)),
                         cases[i].matches);
    }
}

static void test_volatile(void **state)
{
    (void)state;
    size_t count;
    const struct td_llm_volatile *places = td_llm_volatiles(&count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(places[i].path[0], '/');
        assert_true(places[i].api > TD_LLM_NONE && places[i].api < TD_LLM_API_COUNT);
        assert_true(*places[i].what);
    }
    assert_true(td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_RESPONSE, TD_BYTES("/id")));
    assert_true(td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_RESPONSE,
                                     TD_BYTES("/choices/0/delta/tool_calls/3/id")));
    assert_true(
        td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_REQUEST, TD_BYTES("/messages/2/tool_call_id")));
    assert_true(td_llm_path_volatile(TD_LLM_ANTHROPIC, TD_RESPONSE,
                                     TD_BYTES("/content_block/content/0/encrypted_content")));
    assert_true(td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_RESPONSE,
                                     TD_BYTES("/timings/predicted_per_second")));
    assert_false(td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_REQUEST, TD_BYTES("/id")));
    assert_false(td_llm_path_volatile(TD_LLM_OPENAI_CHAT, TD_RESPONSE,
                                      TD_BYTES("/choices/0/message/content")));
    assert_false(td_llm_path_volatile(TD_LLM_GEMINI, TD_RESPONSE, TD_BYTES("/id")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat_request),
        cmocka_unit_test(test_responses_request),
        cmocka_unit_test(test_anthropic_request),
        cmocka_unit_test(test_gemini_request),
        cmocka_unit_test(test_converse_request),
        cmocka_unit_test(test_ollama_request),
        cmocka_unit_test(test_other_requests),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_volatile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
