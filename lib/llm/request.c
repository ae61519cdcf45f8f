/* SPDX-License-Identifier: MIT */
/* What a request asks of a language model. */
#include <stdlib.h>

#include "llm/api.h"
#include "llm/format.h"

struct request {
    struct td_llm_request request; /* first: what is handed out */
    struct td_arena arena;
};

static int fill(struct request *made, const struct td_llm_exchange *exchange)
{
    struct td_llm_request *request = &made->request;
    struct td_llm_builder builder;
    struct td_error syntax;
    struct td_buf model;
    struct td_json *body = td_json_parse(&made->arena, exchange->request_body, &syntax);
    if (!body && syntax.code == TD_ERR_NOMEM)
        return TD_ERR_NOMEM;
    struct td_llm_kind kind = td_llm_kind_of(exchange->url, exchange->request_body, body);
    const struct td_llm_format *format = td_llm_format_of(kind.api);
    request->api = kind.api;
    if (!format)
        return 0;
    request->bedrock_invoke = kind.bedrock_invoke;
    request->root = body;
    request->problem = !exchange->request_body.len    ? "the body is empty"
                       : !body                        ? "the body is not JSON"
                       : body->kind != TD_JSON_OBJECT ? "the body is not a JSON object"
                                                      : NULL;
    td_llm_builder_init(&builder, &made->arena);
    td_buf_init(&model);
    builder.request = request;
    td_llm_decode_url(&model, kind.model);
    request->model = td_llm_text(body, "model");
    if (!request->model.data && kind.model.len)
        request->model = td_arena_copy(&made->arena, td_buf_view(&model));
    request->stream = kind.stream || td_llm_true(body, "stream") ||
                      (kind.api == TD_LLM_OLLAMA && !td_llm_get(body, "stream"));
    if (!request->problem)
        format->request(&builder, body);
    td_llm_builder_finish(&builder);
    bool failed =
        builder.failed || td_buf_failed(&model) || (kind.model.len && !request->model.data);
    td_buf_release(&model);
    td_llm_builder_release(&builder);
    return failed ? TD_ERR_NOMEM : 0;
}

int td_llm_exchange_request(const struct td_llm_exchange *exchange, struct td_llm_request **request,
                            struct td_error *err)
{
    struct request *made = calloc(1, sizeof *made);
    *request = NULL;
    if (!made)
        return td_error_nomem(err);
    td_arena_init(&made->arena);
    int status = fill(made, exchange);
    if (status < 0 || made->request.api == TD_LLM_NONE) {
        td_llm_request_free(&made->request);
        return status < 0 ? td_error_nomem(err) : 0;
    }
    *request = &made->request;
    return 0;
}

void td_llm_request_free(struct td_llm_request *request)
{
    struct request *made = (struct request *)request;
    if (!made)
        return;
    td_arena_release(&made->arena);
    free(made);
}
