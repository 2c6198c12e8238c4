/* SPDX-License-Identifier: MIT */
/* The embeddings of two prompts, side by side, in C++11: each object in a unique_ptr with its
 * own free.
 *
 *     c++ encode.cpp $(pkg-config --cflags --libs padwise) -o encode && ./encode "a beaver" "a
 * castle"
 */
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <padwise/padwise.h>

namespace
{

template <typename T, void (*Free)(T *)> struct Freed {
    void operator()(T *object) const
    {
        Free(object);
    }
};

using Context = std::unique_ptr<pw_context, Freed<pw_context, pw_context_free>>;
using Model = std::unique_ptr<pw_model, Freed<pw_model, pw_model_free>>;
using Tokenizer = std::unique_ptr<pw_tokenizer, Freed<pw_tokenizer, pw_tokenizer_free>>;
using TensorSet = std::unique_ptr<pw_tensor_set, Freed<pw_tensor_set, pw_tensor_set_free>>;

void check(pw_status status, const pw_error &err)
{
    if (status != PW_OK)
        throw std::runtime_error(std::string(err.where) + ": " + err.text);
}

double cosine(const std::vector<float> &a, const std::vector<float> &b)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;

    for (std::size_t i = 0; i < a.size(); i++) {
        ab += double(a[i]) * double(b[i]);
        aa += double(a[i]) * double(a[i]);
        bb += double(b[i]) * double(b[i]);
    }
    return ab / std::sqrt(aa * bb);
}

double compare(const char *a, const char *b)
{
    pw_error err = {};
    pw_context *ctx = nullptr;
    pw_model *model = nullptr;
    pw_tokenizer *tokenizer = nullptr;
    pw_tensor_set *set = nullptr;

    check(pw_context_create(&ctx, nullptr, &err), err);
    const Context own_context(ctx);
    check(pw_model_open_builtin(&model, ctx, nullptr, &err), err);
    const Model own_model(model);
    check(pw_tokenizer_open_builtin(&tokenizer, ctx, nullptr, &err), err);
    const Tokenizer own_tokenizer(tokenizer);

    pw_prompt_texts prompts[2] = {};
    prompts[0].prompt = {a, std::strlen(a)};
    prompts[1].prompt = {b, std::strlen(b)};
    const pw_encoder encoder = {nullptr, model, tokenizer};
    check(pw_conditioning_encode(&set, ctx, &encoder, 1, prompts, 2, nullptr, &err), err);
    const TensorSet own_set(set);

    const pw_tensor *pooled = pw_tensor_set_find(set, "pooler_output"); /* [2, D] */
    const std::size_t dim = std::size_t(pooled->shape[1]);
    std::vector<float> rows(2 * dim);
    check(pw_tensor_to_f32(pooled, rows.data(), rows.size(), &err), err);
    return cosine({rows.begin(), rows.begin() + std::ptrdiff_t(dim)},
                  {rows.begin() + std::ptrdiff_t(dim), rows.end()});
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s PROMPT PROMPT\n", argv[0]);
        return 2;
    }
    try {
        std::printf("cosine %.6f\n", compare(argv[1], argv[2]));
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
