/*
 * problem.c - see problem.h.
 */
#include "controlplane/http/problem.h"

#include <stdio.h>

#include "common/arena.h"

#define FAULTS_MAX 100

struct fault {
	struct fault *next;
	struct str pointer;
	const char *code;
	struct str detail;
};

static const struct {
	int http;
	const char *title;
} titles[] = {
	{ 400, "Invalid request" },
	{ 401, "Unauthenticated" },
	{ 403, "Permission denied" },
	{ 404, "Not found" },
	{ 405, "Method not allowed" },
	{ 409, "Conflict" },
	{ 412, "Precondition failed" },
	{ 413, "Too large" },
	{ 415, "Unsupported media type" },
	{ 422, "Unprocessable request" },
	{ 503, "Unavailable" },
	{ 504, "Timeout" },
};

void
faults_init(struct faults *faults, struct arena *arena)
{
	*faults = (struct faults){ .arena = arena };
}

void
fault_add(struct faults *faults, struct str pointer, const char *code,
    const char *fmt, ...)
{
	struct fault *fault;
	va_list args;

	if (faults->count++ >= FAULTS_MAX)
		return;
	fault = arena_alloc(faults->arena, sizeof(*fault));
	fault->pointer = str_copy(faults->arena, pointer);
	fault->code = code;
	va_start(args, fmt);
	fault->detail = str_vprintf(faults->arena, fmt, args);
	va_end(args);
	if (faults->last == NULL)
		faults->first = fault;
	else
		faults->last->next = fault;
	faults->last = fault;
}

int
problem_http(const struct problem *problem)
{
	return problem->http != 0 ? problem->http
				  : status_http(problem->status);
}

static const char *
title_of(int http)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
		if (titles[i].http == http)
			return titles[i].title;
	}
	return "Internal error";
}

static void
write_faults(struct emit *emit, const struct faults *faults)
{
	emit_key(emit, "errors");
	emit_array_open(emit);
	for (const struct fault *f = faults->first; f != NULL; f = f->next) {
		emit_object_open(emit);
		emit_field_str(emit, "pointer", f->pointer);
		emit_field_cstr(emit, "code", f->code);
		emit_field_str(emit, "detail", f->detail);
		emit_object_close(emit);
	}
	emit_array_close(emit);
}

void
problem_write(struct emit *emit, const struct problem *problem,
    struct str instance, struct str request_id)
{
	const char *code = problem->code != NULL ? problem->code
						 : status_word(problem->status);
	int http = problem_http(problem);
	char type[96];

	snprintf(type, sizeof(type), "urn:weir:problem:%s", code);
	emit_object_open(emit);
	emit_field_cstr(emit, "type", type);
	emit_field_cstr(emit, "title", title_of(http));
	emit_field_int(emit, "status", http);
	emit_field_cstr(emit, "code", code);
	emit_field_str(emit, "detail",
	    str_is_empty(problem->detail) ? str_from(title_of(http))
					  : problem->detail);
	emit_field_str(emit, "instance", instance);
	emit_field_str(emit, "request_id", request_id);
	if (problem->permission != NULL)
		emit_field_cstr(emit, "permission", problem->permission);
	if (problem->faults.count > 0)
		write_faults(emit, &problem->faults);
	emit_object_close(emit);
}
