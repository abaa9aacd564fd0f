/* client.c - see client.h. */
#include "cli/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"

enum {
	REPLY_MAX_BYTES = 256 * 1024 * 1024,
	DEPTH_MAX = 64,
};

struct client {
	CURL *curl;
	struct arena arena; /* of one call */
	struct context context;
	struct buf text; /* of the answer */
};

struct client *
client_new(const struct context *context)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		abort();
	client->curl = curl_easy_init();
	client->context = *context;
	arena_init(&client->arena, 0);
	buf_init(&client->text, REPLY_MAX_BYTES);
	if (client->curl != NULL)
		return client;
	client_free(client);
	return NULL;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	arena_done(&client->arena);
	buf_done(&client->text);
	free(client);
}

void
reply_done(struct reply *reply)
{
	json_release(&reply->body);
}

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct client *client = arg;

	buf_add(&client->text, bytes, size * count);
	return buf_has_failed(&client->text) ? 0 : size * count;
}

static const char *
url_of(struct client *client, struct str path)
{
	struct str base = client->context.url;

	while (str_has_suffix(base, STR("/")))
		base.len--;
	return str_cstr(&client->arena,
	    str_printf(&client->arena, "%.*s/admin/v1%.*s", STR_ARGS(base),
		STR_ARGS(path)));
}

static struct curl_slist *
add_header(struct client *client, struct curl_slist *list, struct str line)
{
	struct curl_slist *longer =
	    curl_slist_append(list, str_cstr(&client->arena, line));

	if (longer == NULL)
		abort();
	return longer;
}

static struct curl_slist *
make_headers(struct client *client, const struct request *request)
{
	struct arena *arena = &client->arena;
	struct curl_slist *list = NULL;

	list = add_header(client, list, STR("Accept: application/json"));
	if (!str_is_empty(client->context.token))
		list = add_header(client, list,
		    str_printf(arena, "Authorization: Bearer %.*s",
			STR_ARGS(client->context.token)));
	if (request->body != NULL)
		list = add_header(client, list,
		    strcmp(request->method, "PATCH") == 0
			? STR("Content-Type: application/merge-patch+json")
			: STR("Content-Type: application/json"));
	if (request->if_version > 0)
		list = add_header(client, list,
		    str_printf(arena, "If-Match: \"%lld\"",
			(long long)request->if_version));
	return list;
}

/* Returns the HTTP status, 0 when there was no answer, which is printed. */
static long
perform(struct client *client, const struct request *request)
{
	struct curl_slist *headers = make_headers(client, request);
	CURL *curl = client->curl;
	char *body = NULL;
	long status = 0;
	CURLcode code;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url_of(client, request->path));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 120000L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (request->body != NULL) {
		body = json_dumps(request->body, JSON_COMPACT);
		if (body == NULL)
			abort();
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	}
	code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	else
		fprintf(stderr, "weirctl: %.*s: %s\n",
		    STR_ARGS(client->context.url), curl_easy_strerror(code));
	curl_slist_free_all(headers);
	free(body);
	return status;
}

static void
print_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text != NULL)
		fprintf(stderr, "  %s: %s\n", name, text);
}

static const char *
member_or(const json_t *object, const char *name, const char *fallback)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : fallback;
}

static void
print_problem(const struct reply *reply)
{
	const json_t *problem = reply->body;
	const json_t *fault;
	size_t i;

	fprintf(stderr, "weirctl: %s (%ld)",
	    member_or(problem, "title", "request failed"), reply->status);
	fprintf(stderr, ": %s\n", member_or(problem, "detail", "no detail"));
	json_array_foreach(json_object_get(problem, "errors"), i, fault)
	    fprintf(stderr, "  %s: %s\n", member_or(fault, "pointer", ""),
		member_or(fault, "detail", ""));
	print_member(problem, "permission");
	print_member(problem, "request_id");
}

enum exit_code
client_call(
    struct client *client, const struct request *request, struct reply *out)
{
	enum exit_code code;

	*out = (struct reply){ 0 };
	arena_reset(&client->arena);
	buf_reset(&client->text);
	out->status = perform(client, request);
	if (out->status == 0)
		return EXIT_UNAVAILABLE;
	code = exit_of_http(out->status);
	if (buf_len(&client->text) > 0 &&
	    json_parse(buf_str(&client->text), DEPTH_MAX, &out->body, NULL) !=
		OK &&
	    code == EXIT_OK) {
		fprintf(stderr, "weirctl: the answer is not JSON\n");
		return EXIT_ERROR;
	}
	if (code != EXIT_OK)
		print_problem(out);
	return code;
}

enum exit_code
client_get(struct client *client, struct str path, struct reply *out)
{
	const struct request request = { .method = "GET", .path = path };

	return client_call(client, &request, out);
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

static void
add_escaped(struct buf *path, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_unreserved(text.ptr[i]))
			buf_add_char(path, text.ptr[i]);
		else
			buf_printf(path, "%%%02X", (unsigned char)text.ptr[i]);
	}
}

void
client_add_query(struct buf *path, struct str name, struct str value)
{
	buf_add_char(path, str_find_char(buf_str(path), '?') < 0 ? '?' : '&');
	add_escaped(path, name);
	buf_add_char(path, '=');
	add_escaped(path, value);
}
