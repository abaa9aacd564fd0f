/* http.c - see http.h. */
#include "simulator/http.h"

#include <string.h>

enum {
	CHUNK_LINE_MAX_BYTES = 256,
};

void
http_parser_init(struct http_parser *p, size_t body_max_bytes)
{
	*p = (struct http_parser){ .body_max_bytes = body_max_bytes };
	buf_init(&p->body, body_max_bytes);
}

void
http_parser_done(struct http_parser *p)
{
	buf_done(&p->body);
}

static void
start_over(struct http_parser *p)
{
	p->head_len = 0;
	p->searched = 0;
	p->content_length = 0;
	p->chunk_at = 0;
	p->is_chunked = false;
	p->wants_continue = false;
}

bool
http_take_continue(struct http_parser *p)
{
	bool wants = p->wants_continue;

	p->wants_continue = false;
	return wants;
}

static bool
is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

static bool
is_visible(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	}
	return s.len > 0;
}

static bool
is_field_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Takes a line off *rest; its CR LF is there, because the head is whole. */
static struct str
next_line(struct str *rest)
{
	ptrdiff_t end = str_find(*rest, STR("\r\n"));
	struct str line = str_head(*rest, (size_t)end);

	*rest = str_skip(*rest, (size_t)end + 2);
	return line;
}

static enum status
read_request_line(struct str line, struct http_request *out)
{
	struct str target;
	ptrdiff_t mark;

	if (!str_next(&line, ' ', &out->method) ||
	    !str_next(&line, ' ', &target))
		return E_INVALID;
	if (!is_token(out->method) || !is_visible(target) ||
	    target.ptr[0] != '/')
		return E_INVALID;
	if (str_eq(line, STR("HTTP/1.1")))
		out->is_keep_alive = true;
	else if (!str_eq(line, STR("HTTP/1.0")))
		return E_INVALID;

	mark = str_find_char(target, '?');
	out->path = mark < 0 ? target : str_head(target, (size_t)mark);
	out->query = mark < 0 ? STR("") : str_skip(target, (size_t)mark + 1);
	return OK;
}

static enum status
read_header_line(struct str line, struct http_request *out)
{
	ptrdiff_t colon = str_find_char(line, ':');
	struct http_header header;

	if (colon <= 0)
		return E_INVALID;
	header.name = str_head(line, (size_t)colon);
	header.value = str_trim(str_skip(line, (size_t)colon + 1));
	if (!is_token(header.name) || !is_field_text(header.value))
		return E_INVALID;
	if (out->header_count == HTTP_HEADERS_MAX)
		return E_TOO_LARGE;
	out->headers[out->header_count++] = header;
	return OK;
}

/* The head ends in an empty line, which is included. */
static enum status
read_head(struct str head, struct http_request *out)
{
	enum status s;

	/* Only what is read is cleared: the table is large. */
	out->header_count = 0;
	out->is_keep_alive = false;
	out->body = STR("");
	s = read_request_line(next_line(&head), out);
	out->head = str_head(head, head.len - 2);
	while (s == OK && head.len > 2)
		s = read_header_line(next_line(&head), out);
	return s;
}

static size_t
count_headers(const struct http_request *req, struct str name)
{
	size_t count = 0;

	for (size_t i = 0; i < req->header_count; i++)
		count += str_eq_nocase(req->headers[i].name, name);
	return count;
}

static enum status
read_framing(struct http_parser *p, const struct http_request *req)
{
	size_t codings = count_headers(req, STR("transfer-encoding"));
	size_t lengths = count_headers(req, STR("content-length"));

	if (codings + lengths > 1)
		return E_INVALID;
	p->is_chunked = codings == 1;
	if (p->is_chunked &&
	    !str_eq_nocase(
		http_header(req, STR("transfer-encoding")), STR("chunked")))
		return E_INVALID;
	if (lengths == 1 &&
	    str_to_u64(http_header(req, STR("content-length")),
		&p->content_length) != OK)
		return E_INVALID;
	if (p->content_length > p->body_max_bytes)
		return E_TOO_LARGE;
	p->wants_continue =
	    str_eq_nocase(http_header(req, STR("expect")), STR("100-continue"));
	p->chunk_at = p->head_len;
	buf_reset(&p->body);
	return OK;
}

/* Looks for the end of the head in what has not been searched yet. */
static enum status
find_head(struct http_parser *p, struct str bytes)
{
	struct str rest = str_skip(bytes, p->searched);
	ptrdiff_t end = str_find(rest, STR("\r\n\r\n"));

	if (end >= 0) {
		p->head_len = p->searched + (size_t)end + 4;
		return p->head_len > HTTP_HEAD_MAX_BYTES ? E_TOO_LARGE : OK;
	}
	if (bytes.len > HTTP_HEAD_MAX_BYTES)
		return E_TOO_LARGE;
	p->searched = bytes.len > 3 ? bytes.len - 3 : 0;
	return PENDING;
}

static enum status
read_chunk_size(struct str line, size_t *out_size)
{
	struct str digits;
	size_t size = 0;

	if (!str_next(&line, ';', &digits))
		return E_INVALID;
	digits = str_trim(digits);
	if (digits.len == 0 || digits.len > 8)
		return E_INVALID;
	for (size_t i = 0; i < digits.len; i++) {
		const char *hex = "0123456789abcdef";
		const char *place = strchr(hex, digits.ptr[i] | 0x20);

		if (place == NULL || digits.ptr[i] == '\0')
			return E_INVALID;
		size = size * 16 + (size_t)(place - hex);
	}
	*out_size = size;
	return OK;
}

/* Takes one chunk; OK when it was the last one, trailers included. */
static enum status
take_chunk(struct http_parser *p, struct str bytes, bool *out_took)
{
	struct str rest = str_skip(bytes, p->chunk_at);
	ptrdiff_t line_end = str_find(rest, STR("\r\n"));
	enum status s;
	size_t size;

	*out_took = false;
	if (line_end < 0)
		return rest.len > CHUNK_LINE_MAX_BYTES ? E_INVALID : PENDING;
	s = read_chunk_size(str_head(rest, (size_t)line_end), &size);
	if (s != OK)
		return s;
	rest = str_skip(rest, (size_t)line_end + 2);
	if (size == 0) {
		ptrdiff_t end = str_has_prefix(rest, STR("\r\n"))
		    ? 0
		    : str_find(rest, STR("\r\n\r\n"));

		if (end < 0)
			return rest.len > HTTP_HEAD_MAX_BYTES ? E_INVALID
							      : PENDING;
		end += end > 0 ? 4 : 2;
		p->chunk_at = (size_t)(rest.ptr - bytes.ptr) + (size_t)end;
		return OK;
	}
	if (rest.len < size + 2)
		return PENDING;
	if (!str_has_prefix(str_skip(rest, size), STR("\r\n")))
		return E_INVALID;
	buf_add_str(&p->body, str_head(rest, size));
	if (buf_has_failed(&p->body))
		return E_TOO_LARGE;
	p->chunk_at = (size_t)(rest.ptr - bytes.ptr) + size + 2;
	*out_took = true;
	return PENDING;
}

static enum status
read_body(struct http_parser *p, struct str bytes, struct str *out_body,
    size_t *out_used)
{
	enum status s = PENDING;
	bool took = true;

	if (!p->is_chunked) {
		if (bytes.len - p->head_len < p->content_length)
			return PENDING;
		*out_body =
		    str_head(str_skip(bytes, p->head_len), p->content_length);
		*out_used = p->head_len + p->content_length;
		return OK;
	}
	while (s == PENDING && took)
		s = take_chunk(p, bytes, &took);
	if (s != OK)
		return s;
	*out_body = buf_str(&p->body);
	*out_used = p->chunk_at;
	return OK;
}

static bool
keeps_alive(const struct http_request *req)
{
	struct str connection = http_header(req, STR("connection"));

	if (str_eq_nocase(connection, STR("close")))
		return false;
	return req->is_keep_alive ||
	    str_eq_nocase(connection, STR("keep-alive"));
}

enum status
http_parse(struct http_parser *p, struct str bytes, struct http_request *out,
    size_t *out_used)
{
	bool is_new_head = p->head_len == 0;
	struct str body;
	enum status s = OK;

	if (is_new_head)
		s = find_head(p, bytes);
	if (s != OK)
		return s;
	s = read_head(str_head(bytes, p->head_len), out);
	if (s == OK && is_new_head)
		s = read_framing(p, out);
	if (s == OK)
		s = read_body(p, bytes, &body, out_used);
	if (s != OK)
		return s;
	out->body = body;
	out->is_keep_alive = keeps_alive(out);
	start_over(p);
	return OK;
}

struct str
http_header(const struct http_request *req, struct str name)
{
	for (size_t i = 0; i < req->header_count; i++) {
		if (str_eq_nocase(req->headers[i].name, name))
			return req->headers[i].value;
	}
	return STR("");
}

struct str
http_query(const struct http_request *req, struct str name)
{
	struct str rest = req->query;
	struct str part;

	while (str_next(&rest, '&', &part)) {
		if (part.len > name.len && part.ptr[name.len] == '=' &&
		    str_has_prefix(part, name))
			return str_skip(part, name.len + 1);
	}
	return STR("");
}
