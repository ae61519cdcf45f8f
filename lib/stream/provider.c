/* SPDX-License-Identifier: MIT */
#include "stream/provider.h"

static bool has(struct td_bytes text, const char *part)
{
    return td_bytes_has_nocase(text, td_bytes_of(part));
}

/* Its first bytes tell: the first event of a stream, the first keys of an object. */
static struct td_bytes beginning(struct td_bytes body)
{
    return td_bytes(body.data, body.len < 512 ? body.len : 512);
}

enum td_provider td_provider_of(struct td_bytes url, const struct td_recorded_response *response)
{
    static const struct {
        const char *part;
        enum td_provider provider;
    } urls[] =
        {
            {"anthropic", TD_PROVIDER_ANTHROPIC},
            {"/v1/messages", TD_PROVIDER_ANTHROPIC},
            {":streamGenerateContent", TD_PROVIDER_GEMINI},
            {":generateContent", TD_PROVIDER_GEMINI},
            {"generativelanguage", TD_PROVIDER_GEMINI},
            {"/responses", TD_PROVIDER_RESPONSES},
            {"/api/chat", TD_PROVIDER_OLLAMA},
            {"/api/generate", TD_PROVIDER_OLLAMA},
        },
      bodies[] = {
          {"event: message_start", TD_PROVIDER_ANTHROPIC},
          {"\"type\":\"message\"", TD_PROVIDER_ANTHROPIC},
          {"event: response.", TD_PROVIDER_RESPONSES},
          {"\"candidates\"", TD_PROVIDER_GEMINI},
      };
    struct td_bytes body = beginning(response->message.body);
    const char *query = url.len ? memchr(url.data, '?', url.len) : NULL;
    if (query)
        url.len = (size_t)(query - url.data);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        if (has(url, urls[i].part))
            return urls[i].provider;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (has(body, bodies[i].part))
            return bodies[i].provider;
    return TD_PROVIDER_OPENAI;
}

const char *td_provider_error_event(enum td_provider provider)
{
    static const char *const events[TD_PROVIDER_COUNT] = {
        [TD_PROVIDER_OPENAI] =
            "data: {\"error\":{\"message\":\"The server had an error while processing your "
            "request. "
            "Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n",
        [TD_PROVIDER_RESPONSES] =
            "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"The "
            "server had an error while processing your request. Sorry about that!\",\"param\":null,"
            "\"sequence_number\":0}\n\n",
        [TD_PROVIDER_ANTHROPIC] = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                                  "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        [TD_PROVIDER_GEMINI] = "data: {\"error\":{\"code\":503,\"message\":\"The model is "
                               "overloaded. Please try again "
                               "later.\",\"status\":\"UNAVAILABLE\"}}\n\n",
        [TD_PROVIDER_OLLAMA] = "{\"error\":\"an error was encountered while running the model\"}\n",
    };
    return events[provider];
}

/* What each calls it. The last row is for all codes that are not in the table. */
static const struct row {
    int code;
    const char *openai_type, *openai_code; /* the code may be NULL */
    const char *anthropic_type;
    const char *gemini_status;
    const char *message;
} rows[] = {
    {400, "invalid_request_error", NULL, "invalid_request_error", "INVALID_ARGUMENT",
     "The request is not valid."},
    {401, "invalid_request_error", "invalid_api_key", "authentication_error", "UNAUTHENTICATED",
     "The API key is not valid."},
    {403, "invalid_request_error", NULL, "permission_error", "PERMISSION_DENIED",
     "The API key may not do this."},
    {404, "invalid_request_error", "model_not_found", "not_found_error", "NOT_FOUND",
     "The model does not exist."},
    {413, "invalid_request_error", NULL, "request_too_large", "INVALID_ARGUMENT",
     "The request is too large."},
    {429, "requests", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED",
     "Rate limit reached. Please try again later."},
    {503, "service_unavailable", NULL, "api_error", "UNAVAILABLE",
     "The model is overloaded. Please try again later."},
    {504, "server_error", NULL, "timeout_error", "DEADLINE_EXCEEDED", "The request timed out."},
    {529, "overloaded_error", NULL, "overloaded_error", "UNAVAILABLE", "Overloaded"},
    {0, "server_error", NULL, "api_error", "INTERNAL",
     "The server had an error while processing your request."},
};

static const struct row *row_of(int code)
{
    const struct row *row = rows;
    while (row->code && row->code != code)
        row++;
    return row;
}

void td_provider_error_body(enum td_provider provider, int code, struct td_buf *out)
{
    const struct row *row = row_of(code);
    switch (provider) {
    case TD_PROVIDER_ANTHROPIC:
        td_buf_printf(out,
                      "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},"
                      "\"request_id\":\"req_tapedeck\"}",
                      row->anthropic_type, row->message);
        break;
    case TD_PROVIDER_GEMINI:
        td_buf_printf(out,
                      "{\n  \"error\": {\n    \"code\": %d,\n    \"message\": \"%s\",\n"
                      "    \"status\": \"%s\"\n  }\n}\n",
                      code, row->message, row->gemini_status);
        break;
    case TD_PROVIDER_OLLAMA:
        td_buf_printf(out, "{\"error\":\"%s\"}", row->message);
        break;
    default:
        td_buf_printf(out,
                      "{\n  \"error\": {\n    \"message\": \"%s\",\n    \"type\": \"%s\",\n"
                      "    \"param\": null,\n    \"code\": ",
                      row->message, row->openai_type);
        if (row->openai_code)
            td_buf_printf(out, "\"%s\"", row->openai_code);
        else
            td_buf_put_text(out, "null");
        td_buf_put_text(out, "\n  }\n}\n");
    }
}
