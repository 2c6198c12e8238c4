/* SPDX-License-Identifier: MIT */
/* What is said at each step: everything that is claimed is measured on these sentences. */
#include <math.h>
#include <string.h>

#include "walkthrough_view.h"

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void put_shape(struct builder *out, const int64_t *shape, int32_t rank)
{
    builder_text(out, "[");
    for (int32_t i = 0; i < rank; i++)
        builder_format(out, i == 0 ? "%lld" : ",%lld", (long long)shape[i]);
    builder_text(out, "]");
}

/* ---- The batch. */

static void tell_lengths(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const size_t first = walk->facts.i_padded;

    builder_format(out,
                   "A batch is one rectangular array, but sentences are not of one length: "
                   "here %zu sentence%s in %zu columns.\n",
                   numbers->n_sentences, plural(numbers->n_sentences), numbers->n_tokens);
    if (walk->facts.n_pads == 0) {
        builder_text(out, "All are of one length, so nothing is padded here.\n");
        return;
    }
    builder_format(
        out,
        "Slip to avoid: to call a short sentence unpadded because it is nearly as "
        "long as the longest. Sentence %zu has %zu token%s in %zu columns: %zu pad%s. "
        "Count, do not look.\n",
        first, numbers->lengths[first], plural(numbers->lengths[first]), numbers->n_tokens,
        numbers->n_tokens - numbers->lengths[first],
        plural(numbers->n_tokens - numbers->lengths[first]));
}

static void tell_padding(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const size_t n_shared = walk->facts.n_tokens_as_pads;

    builder_format(
        out,
        "The pad id, %d, fills each row on the %s: %zu pad%s in %zu of %zu sentences. "
        "An id is only a name: nothing in the array says which cells are pads.\n",
        numbers->pad_id, numbers->pads_left ? "left" : "right", walk->facts.n_pads,
        plural(walk->facts.n_pads), walk->facts.n_padded_sentences, numbers->n_sentences);
    if (numbers->pads_left && !walk->is_file && walk->facts.n_pads > 0)
        builder_text(out, "Positions are counted from the left: pads in front give every token "
                          "of such a row another position, and so another embedding, unless "
                          "somebody hands positions to the model. Nobody does here.\n");
    if (n_shared > 0)
        builder_format(
            out,
            "Here the pad's id is also that of %zu token%s%s: from the ids alone, pads "
            "cannot be told from tokens.\n",
            n_shared, plural(n_shared), walk->pad_is_end ? " (the end token is the pad)" : "");
}

static void tell_mask(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;
    const pw_walkthrough_numbers *numbers = &walk->numbers;

    builder_text(out, "1 says that a token may be seen, 0 that it is padding.\n");
    switch (numbers->mask_rule) {
    case PW_MASK_NONE:
        builder_text(out, "Rule `none`: everything is visible, pads too.\n");
        return;
    case PW_MASK_LECTURE:
        builder_format(
            out,
            "Rule `lecture`, `ids != %d`: it hides what has the pad's id. Tokens that "
            "are hidden by it although they are no pads: %zu.\n",
            numbers->pad_id, facts->n_hidden_tokens);
        return;
    default:
        builder_text(out, "Rule `hf`: by length, whatever the ids are.\n");
    }
    if (facts->n_tokens_as_pads > 0)
        builder_format(out,
                       "Slip to avoid: `mask = ids != pad_id`. It would hide %zu token%s that "
                       "%s no pad%s (`--mask lecture` shows it).\n",
                       facts->n_tokens_as_pads, plural(facts->n_tokens_as_pads),
                       facts->n_tokens_as_pads == 1 ? "is" : "are",
                       plural(facts->n_tokens_as_pads));
}

/* `mask.expand(-1, T, -1, -1).squeeze(1)` of a mask [N,1,1,T], and what it meets. */
static void tell_expand(const pw_walkthrough_numbers *numbers, struct builder *out)
{
    const int64_t n = (int64_t)numbers->n_sentences, t = (int64_t)numbers->n_tokens;
    const int64_t scores[] = {n, t, t}, expanded[] = {n, t, 1, t}, squeezed[] = {n, 1, 1};
    const int64_t *result = t == 1 ? squeezed : expanded;
    const int32_t rank = t == 1 ? 3 : 4;
    int64_t shape[PW_RANK_MAX];
    int32_t rank_both;

    builder_text(out, "Slip to avoid: `mask.expand(-1, seq_len, -1, -1).squeeze(1)` on ");
    put_shape(out, (const int64_t[]){n, 1, 1, t}, 4);
    builder_text(out, " is taken for ");
    put_shape(out, scores, 3);
    builder_text(out, ". It is ");
    put_shape(out, result, rank);
    if (t == 1) {
        builder_text(out, ": with one column every shape fits, which proves nothing.\n");
        return;
    }
    builder_format(out,
                   ": `squeeze(1)` drops a dimension only where it is 1, and here it is "
                   "%lld. ",
                   (long long)t);
    if (pw_shape_broadcast(result, rank, scores, 3, shape, &rank_both)) {
        builder_text(out, "Against the scores it broadcasts without an error, to ");
        put_shape(out, shape, rank_both);
        builder_format(
            out,
            ", which is wrong and nobody is told: an accident of %lld sentence%s and "
            "%lld columns.\n",
            (long long)n, plural((size_t)n), (long long)t);
    } else {
        builder_format(out,
                       "Against the scores it fails: from the right, %lld columns meet %lld "
                       "sentences.\n",
                       (long long)t, (long long)n);
    }
}

static void tell_shape(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const int64_t n = (int64_t)numbers->n_sentences, t = (int64_t)numbers->n_tokens;
    int64_t shape[PW_RANK_MAX];
    int32_t rank;

    builder_text(
        out, "Scores are [sentence, query, key]. A 1 in the query's place says: for every "
             "query the same keys are hidden. Broadcasting repeats it; no copy is made. With "
             "heads there is one more 1, in the heads' place.\n");
    if (pw_shape_broadcast((const int64_t[]){n, 1, t}, 3, (const int64_t[]){n, t, t}, 3, shape,
                           &rank)) {
        put_shape(out, (const int64_t[]){n, 1, t}, 3);
        builder_text(out, " against ");
        put_shape(out, (const int64_t[]){n, t, t}, 3);
        builder_text(out, " is ");
        put_shape(out, shape, rank);
        builder_text(out, ": the mask fits by itself.\n");
    }
    tell_expand(numbers, out);
}

/* ---- Attention. */

static void tell_embeddings(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;

    builder_format(
        out, "Each id becomes a vector of %zu numbers%s, from %s.\n", walk->numbers.width,
        walk->is_file ? "" : " (token plus position, hidden_states.0)", walk->source);
    if (walk->is_untrained)
        builder_text(out, "The built-in model is untrained: its numbers show how everything "
                          "works and mean nothing.\n");
    if (facts->n_pads > 0 && facts->n_pads < walk->numbers.n_sentences * walk->numbers.n_tokens)
        builder_format(
            out,
            "Pads get vectors like anybody else: the mean norm of tokens is %.4f, of "
            "pads %.4f. A pad is no zero.\n",
            facts->norm_tokens, facts->norm_pads);
}

static void tell_scores(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;

    builder_format(out,
                   "Score of query q and key k: their dot product over the root of %zu. Here "
                   "queries, keys and values are the embeddings themselves, so the table is "
                   "symmetric; a trained layer multiplies by matrices of its own first.\n",
                   walk->numbers.width);
    if (!isnan(facts->pad_mass_unmasked))
        builder_format(
            out,
            "Pads have scores, too. Were softmax taken now, pads would get %.1f %% of "
            "the weight of a token (mean over the tokens of padded sentences).\n",
            100 * facts->pad_mass_unmasked);
}

static void tell_blind(const pw_walkthrough_pass *pass, const char *name, struct builder *out)
{
    if (pass->n_blind == 0)
        return;
    builder_format(
        out,
        "No key at all is visible to %zu quer%s under the %s. Softmax over nothing is "
        "not defined: with -1e9 everywhere it would average over all keys, hidden "
        "ones included, and with -inf it gives NaN. The rule here: such a row sees "
        "itself and nothing else (docs/models/clip.md).\n",
        pass->n_blind, pass->n_blind == 1 ? "y" : "ies", name);
}

static void tell_masked(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_pass *causal = &walk->numbers.passes[PW_WALKTHROUGH_CAUSAL_PADDING];

    builder_text(out,
                 "Where the mask is 0, the score is written over with -1e9, column by "
                 "column: a hidden key is hidden from every query of its sentence, the pads' "
                 "queries included.\n");
    builder_text(out, "Beside it, what CLIP's text encoder does: causal x padding, of shape ");
    put_shape(out, causal->mask_shape, 4);
    builder_text(out, ". The query's place is no longer 1, because each query sees only itself "
                      "and what stands before it.\n");
}

static void tell_weights(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;

    builder_format(
        out,
        "exp of each visible score over the sum of the row's. Every row sums to 1: the "
        "greatest error of all rows is %.1e. Hidden keys have exactly 0, not nearly.\n",
        facts->row_sum_error);
    if (!isnan(facts->pad_mass_unmasked))
        builder_format(out,
                       "Of a token's weight pads have now %.1f %%; without the mask it was "
                       "%.1f %%.\n",
                       100 * facts->pad_mass_masked, 100 * facts->pad_mass_unmasked);
    tell_blind(&walk->numbers.passes[PW_WALKTHROUGH_PADDING], "padding mask", out);
    tell_blind(&walk->numbers.passes[PW_WALKTHROUGH_CAUSAL_PADDING], "causal x padding mask",
               out);
}

static void tell_context(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;

    builder_text(out, "Each row becomes the mean of the vectors it sees, by its weights.\n");
    if (facts->n_pads == 0)
        return;
    builder_format(out,
                   "The mask changes tokens' rows by up to %.1f %% (relative L2, against no "
                   "mask).\n",
                   100 * facts->context_change);
    builder_format(
        out,
        "Slip to avoid: \"context vectors ignore padding completely\". As keys, yes. "
        "But a pad is a query as well, and its row gets a context of its own: mean "
        "norm %.4f over %zu pad row%s. Whoever takes a mean over all rows, or hands "
        "all of them to an image model, takes these with them.\n",
        facts->norm_pad_context, facts->n_pads, plural(facts->n_pads));
}

static void tell_matrix(const struct walk *walk, struct builder *out)
{
    const pw_walkthrough_facts *facts = &walk->facts;

    builder_text(out, "The weights as a picture, in percent: rows are queries, columns keys, "
                      "`.` is hidden.\n");
    if (facts->n_pads == 0 || walk->numbers.mask_rule == PW_MASK_NONE)
        return;
    if (facts->causal_difference == 0.0)
        builder_text(out,
                     "Causal alone and causal x padding give every token the same weights, "
                     "bit for bit: the pads stand behind the tokens, and nobody looks back "
                     "from there. In a causal encoder the padding mask changes pad rows "
                     "only.\n");
    else
        builder_format(out,
                       "Causal alone and causal x padding differ in tokens' weights by up to "
                       "%.4f: the mask hides keys that tokens would see.\n",
                       facts->causal_difference);
}

/* ---- Steps. */

static const struct {
    const char *title;
    void (*tell)(const struct walk *walk, struct builder *out);
} steps[WALK_STEPS] = {
    {"Lengths", tell_lengths},       {"Padding", tell_padding},
    {"The mask", tell_mask},         {"The mask's shape", tell_shape},
    {"Embeddings", tell_embeddings}, {"Scores", tell_scores},
    {"Masked scores", tell_masked},  {"Weights", tell_weights},
    {"Context", tell_context},       {"The attention matrix", tell_matrix},
};

const char *walk_title(size_t step)
{
    return steps[step].title;
}

void walk_prose(const struct walk *walk, size_t step, struct builder *out)
{
    steps[step].tell(walk, out);
}
