/* SPDX-License-Identifier: MIT */
/* What a file is, told by its first bytes; and for what padwise does not read, a sentence that
 * says what it is and what to do. Formats that it does read are opened by their own rows. */
#include "formats/tensor_set.h"

#include <string.h>

static bool begins(const unsigned char *bytes, size_t size, const char *magic, size_t n)
{
    return size >= n && memcmp(bytes, magic, n) == 0;
}

#define BEGINS(bytes, size, magic) begins(bytes, size, magic, sizeof(magic) - 1)

static bool is_space(unsigned char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static size_t skip_space(const unsigned char *bytes, size_t size, size_t i)
{
    while (i < size && is_space(bytes[i]))
        i++;
    return i;
}

static uint64_t u64_of(const unsigned char bytes[8])
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* A possible header length, and a header that begins as it should: no other format's first
 * bytes look so, and a safetensors file that was cut short still does. */
static bool is_headed(const unsigned char *bytes, size_t size)
{
    return size >= 8 && u64_of(bytes) <= PW_SAFETENSORS_HEADER_MAX &&
           (size == 8 || bytes[8] == '{' || is_space(bytes[8]));
}

/* ASCII, whatever the case; `word` in lower case. */
static bool has_word(const unsigned char *bytes, size_t size, const char *word)
{
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (i >= size || (bytes[i] | (bytes[i] >= 'A' && bytes[i] <= 'Z' ? 0x20 : 0)) !=
                             (unsigned char)word[i])
            return false;
    }
    return true;
}

static bool is_web_page(const unsigned char *bytes, size_t size)
{
    return has_word(bytes, size, "<!doctype") || has_word(bytes, size, "<html") ||
           has_word(bytes, size, "<head") || has_word(bytes, size, "<?xml");
}

/* Whether the text holds the key `quoted` ("\"weight_map\""), followed by a colon. */
static bool has_key(const unsigned char *bytes, size_t size, const char *quoted)
{
    const size_t n = strlen(quoted);

    for (size_t i = 0; i + n < size; i++) {
        if (memcmp(bytes + i, quoted, n) == 0) {
            const size_t colon = skip_space(bytes, size, i + n);

            if (colon < size && bytes[colon] == ':')
                return true;
        }
    }
    return false;
}

/* Text has no NUL. */
static pwi_file_kind text_kind(const unsigned char *bytes, size_t size)
{
    const size_t start = skip_space(bytes, size, 0);
    const size_t next = skip_space(bytes, size, start + 1);

    if (start >= size || memchr(bytes, '\0', size < 8 ? size : 8) != NULL)
        return PWI_KIND_UNKNOWN;
    if (BEGINS(bytes, size, "version https://git-lfs"))
        return PWI_KIND_LFS_POINTER;
    if (is_web_page(bytes + start, size - start))
        return PWI_KIND_WEB_PAGE;
    if (bytes[start] == '[')
        return PWI_KIND_JSON;
    if (bytes[start] != '{' || (next < size && bytes[next] != '"' && bytes[next] != '}'))
        return PWI_KIND_UNKNOWN;
    if (has_key(bytes, size, "\"weight_map\""))
        return PWI_KIND_INDEX;
    return has_key(bytes, size, "\"data_offsets\"") ? PWI_KIND_BARE_HEADER : PWI_KIND_JSON;
}

/* torch.save writes NAME/data.pkl as the first member of its zip. */
static pwi_file_kind zip_kind(const unsigned char *bytes, size_t size)
{
    static const char pickle[] = "/data.pkl";
    const size_t n = sizeof(pickle) - 1;
    const size_t name_size = size >= 30 ? (size_t)(bytes[26] | bytes[27] << 8) : 0;

    if (name_size > n && size >= 30 + name_size &&
        memcmp(bytes + 30 + name_size - n, pickle, n) == 0)
        return PWI_KIND_ZIP_PICKLE;
    return PWI_KIND_ZIP;
}

pwi_file_kind pwi_file_kind_of(const unsigned char *bytes, size_t size, uint64_t file_size)
{
    if (is_headed(bytes, size))
        return u64_of(bytes) <= file_size - 8 ? PWI_KIND_SAFETENSORS : PWI_KIND_UNKNOWN;
    if (BEGINS(bytes, size, "\x93NUMPY"))
        return PWI_KIND_NPY;
    if (BEGINS(bytes, size, "PK\x03\x04") || BEGINS(bytes, size, "PK\x05\x06"))
        return zip_kind(bytes, size);
    if (BEGINS(bytes, size, "GGUF"))
        return PWI_KIND_GGUF;
    if (BEGINS(bytes, size, "\x1f\x8b\x08"))
        return PWI_KIND_GZIP;
    if (size >= 3 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return PWI_KIND_PICKLE; /* protocols 2 to 5 */
    return text_kind(bytes, size);
}

pw_status pwi_file_kind_read(const pwi_input *input, pwi_file_kind *kind, pw_error *err)
{
    unsigned char bytes[PWI_KIND_BYTES];
    const size_t size = input->size < sizeof(bytes) ? (size_t)input->size : sizeof(bytes);

    PWI_TRY(pwi_input_read(input, 0, bytes, size, err));
    *kind = pwi_file_kind_of(bytes, size, input->size);
    return PW_OK;
}

#define CONVERT_PICKLE                                                                         \
    "which can run programs when it is loaded and is not read here; convert it once: "         \
    "python3 -c \"import torch, safetensors.torch as s; d = torch.load('FILE', "               \
    "map_location='cpu', weights_only=True); d = d.get('state_dict', d); "                     \
    "s.save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, "    \
    "'FILE.safetensors')\""

static const char *const foreign[] = {
    [PWI_KIND_NPY] = "is a NumPy array (npy), not safetensors; open it as npy",
    [PWI_KIND_ZIP] = "is a zip archive, not safetensors; if it is a NumPy npz, open it as npz; "
                     "if PyTorch wrote it, convert it with torch.load and "
                     "safetensors.torch.save_file",
    [PWI_KIND_INDEX] = "is the index of a sharded safetensors file, not a shard; open it as "
                       "sharded safetensors",
    [PWI_KIND_JSON] = "is JSON text, not safetensors (an error message of a server, or another "
                      "file of the model); download the .safetensors file again",
    [PWI_KIND_BARE_HEADER] = "is the JSON header of a safetensors file without the 8 bytes of "
                             "its length before it; get the whole file from its source again",
    [PWI_KIND_ZIP_PICKLE] = "is a PyTorch checkpoint (a zip with a pickle), " CONVERT_PICKLE,
    [PWI_KIND_PICKLE] = "is a Python pickle (an old PyTorch checkpoint), " CONVERT_PICKLE,
    [PWI_KIND_GGUF] =
        "is a GGUF file, which is not read yet; convert it: python3 -c \"import gguf, "
        "gguf.quants, safetensors.numpy as s; s.save_file({t.name: "
        "gguf.quants.dequantize(t.data, t.tensor_type) for t in "
        "gguf.GGUFReader('FILE').tensors}, 'FILE.safetensors')\"",
    [PWI_KIND_GZIP] = "is a gzip file; unpack it first: gunzip FILE",
    [PWI_KIND_LFS_POINTER] = "is a Git LFS pointer, not the file that it points to; run 'git "
                             "lfs pull' in its repository, or download it again",
    [PWI_KIND_WEB_PAGE] = "is a web page, not a tensor file: the download failed or needs a "
                          "login; download it again",
};

const char *pwi_file_kind_text(pwi_file_kind kind)
{
    return (size_t)kind < sizeof(foreign) / sizeof(foreign[0]) ? foreign[kind] : NULL;
}

pw_status pwi_file_refuse_kind(pwi_file_kind kind, pw_error *err)
{
    const char *text = pwi_file_kind_text(kind);

    return text == NULL ? PW_OK : PWI_FAIL(err, PW_ERR_FOREIGN, "%s", text);
}
