/*
 * dialect.h - a way of talking to models: what clients send, what providers
 * understand.
 *
 * Each dialect is two files, x_request.c and x_response.c, and one const
 * struct of functions; any client dialect goes with any upstream dialect
 * through the neutral conversation of chat.h.  When both ends speak the same
 * family, passthrough.c keeps the bytes instead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"
#include "dataplane/translate/scan.h"
#include "dataplane/upstream/failure.h"

struct arena;
struct chat;
struct chat_event;
struct decoder;
struct encoder;
struct tree;

enum dialect_family {
	FAMILY_OPENAI_CHAT, /* OpenAI, Ark and everyone compatible */
	FAMILY_ANTHROPIC,
	FAMILY_GEMINI,
};

/* How a provider kind departs from its family: data, not branches. */
enum dialect_quirk {
	QUIRK_NO_DEVELOPER_ROLE = 1 << 0,     /* ark, vllm: say system */
	QUIRK_NO_STREAM_OPTIONS = 1 << 1,     /* usage comes unasked */
	QUIRK_MAX_COMPLETION_TOKENS = 1 << 2, /* openai reasoning models */
	QUIRK_REASONING_EXTRA = 1 << 3,	      /* xai: output excludes it */
	QUIRK_THINKING_SWITCH = 1 << 4,	      /* ark: thinking{type} */
	QUIRK_NINE_LETTER_IDS = 1 << 5,	      /* mistral: of tool calls */
};

/* What goes to the provider. */
struct outbound {
	struct str path;    /* after base_url: "/chat/completions" */
	struct str body;    /* may borrow from the client's body */
	struct str dropped; /* "top_k,seed": could not be carried */
	bool stream;	    /* the provider is asked to stream */
	bool strip_usage;   /* usage was asked for by us alone */
};

struct translate_fault {
	struct str param; /* "messages[2].content[0]", or empty */
	struct str message;
};

/* What a caller is told when something is wrong. */
struct dialect_error {
	int http_status;
	const char *word; /* "rate_limited": the code of the error */
	struct str param; /* or empty */
	struct str message;
	struct str request_id;
	bool in_stream; /* as an event, not as a body */
};

struct dialect {
	const char *name; /* "openai-chat": in usage rows */
	enum dialect_family family;

	/* Client side: body -> conversation.  E_INVALID fills the fault. */
	enum status (*read_request)(struct arena *, const struct tree *body,
	    struct chat *out, struct translate_fault *fault);

	/*
	 * Upstream side: conversation -> body and path.  E_INVALID when it
	 * holds something this dialect cannot say and must not drop.
	 */
	enum status (*write_request)(struct arena *, const struct chat *,
	    struct str upstream_model, uint32_t quirks, struct outbound *out,
	    struct translate_fault *fault);

	/* Upstream side: one event of a stream, or the whole answer. */
	void (*decode_event)(
	    struct decoder *, struct str name, struct str data);
	void (*decode_whole)(struct decoder *, struct str body);

	/* Client side: events into stream bytes, or into one document. */
	void (*encode_event)(struct encoder *, const struct chat_event *);
	void (*encode_whole)(struct encoder *);

	/* Upstream side: what an error answer means. */
	void (*read_error)(struct arena *, int http_status, struct str body,
	    struct failure *out);

	/* Client side: an error body, or (in_stream) an error event. */
	void (*write_error)(struct buf *out, const struct dialect_error *);
};

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_anthropic;
extern const struct dialect dialect_gemini; /* upstream only so far */

/*
 * How a provider of this kind is spoken to: "ark" -> openai-chat with ark's
 * quirks.  NULL when the kind is unknown.
 */
struct provider_kind {
	const char *kind;
	const struct dialect *dialect;
	uint32_t quirks;
	const char *auth_header;	  /* "authorization" */
	const char *auth_prefix;	  /* "Bearer " */
	const char *const *extra_headers; /* "name: value", or NULL */
};
const struct provider_kind *provider_kind_find(struct str kind);
