/* SPDX-License-Identifier: MIT */
/* The sections of a tokenizer.json that say how text is cleaned and split. A CLIP tokenizer has
 * just one shape of each (encoders.md 2.3), so these are recognised, not interpreted: anything
 * else is refused by name. That also keeps regular expressions of files out of the library. */
#ifndef PWI_TOKENIZERS_TOKENIZER_SECTIONS_H
#define PWI_TOKENIZERS_TOKENIZER_SECTIONS_H

#include "tokenizers/specials.h"

/* The reader stands on the section's KEY, afterwards on its last event. PW_ERR_UNSUPPORTED for
 * sections that no CLIP tokenizer has. */
pw_status pwi_normalizer_read(pwi_json *json, pw_error *err);
pw_status pwi_pre_tokenizer_read(pwi_json *json, pwi_specials *specials, pw_error *err);

/* RobertaProcessing or TemplateProcessing: start and end token become the fixed roles bos and
 * eos. */
pw_status pwi_post_processor_read(pwi_json *json, pwi_specials *specials, pw_error *err);

#endif
