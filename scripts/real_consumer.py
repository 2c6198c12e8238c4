#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Feeds padwise's files to diffusers' pipelines: pipe(**load_file(f)) must give the image that pipe(prompt) gives.

  scripts/real_consumer.py build/padwise [--seed 1] [--recipes sd15,sd21,sdxl,sdxl-refiner]

A tiny random pipeline, two steps, one noise. Images have values from 0 to 1; a pixel that differs by more than 1e-4 fails. So
that the comparison can fail, the prompt alone must move the image by more than 100 times that.

Models come from ../shared/oracle. Needs torch, safetensors, diffusers 0.39, transformers 4.57.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from parity_recipes import LONG, Tally, settle, write_folder

LIMIT = 1e-4
SIZE = 32
PROMPTS = ['a photo of a cat, 35mm', LONG]
NEGATIVES = [None, '', 'blurry, low quality']


def config_of(folder, slot):
    with open(os.path.join(folder, slot, 'config.json'), encoding='utf-8') as file:
        return json.load(file)


def unet_options(folder, slots):
    """What the denoiser must know of the text encoders."""
    configs = [config_of(folder, slot) for slot in slots]
    options = {'cross_attention_dim': sum(config['hidden_size'] for config in configs)}
    if 'text_encoder_2' in slots:
        n_numbers = 6 if len(slots) == 2 else 5        # the refiner's: size, crop, score
        options.update(addition_embed_type='text_time', addition_time_embed_dim=8,
                       projection_class_embeddings_input_dim=8 * n_numbers + configs[-1]['projection_dim'])
    return options


def make_denoiser(folder, slots, seed):
    import diffusers
    import torch
    torch.manual_seed(seed)
    unet = diffusers.UNet2DConditionModel(
        sample_size=SIZE // 2, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, attention_head_dim=4,
        down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D'), up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D'),
        **unet_options(folder, slots))
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 16), down_block_types=('DownEncoderBlock2D',) * 2, up_block_types=('UpDecoderBlock2D',) * 2,
        latent_channels=4, norm_num_groups=4, sample_size=SIZE)
    return unet.eval(), vae.eval()


def make_pipeline(folder, seed):
    import diffusers
    import recipe_reference
    import torch
    pipe = recipe_reference.load_pipeline(folder, torch.float32)
    slots = [slot for slot in ('text_encoder', 'text_encoder_2') if getattr(pipe, slot, None) is not None]
    unet, vae = make_denoiser(folder, slots, seed)
    parts = {**pipe.components, 'unet': unet, 'vae': vae, 'scheduler': diffusers.DDIMScheduler(clip_sample=False, steps_offset=1)}
    flags = {key: value for key, value in pipe.config.items() if isinstance(value, bool) and key != 'requires_safety_checker'}
    if 'safety_checker' in parts:
        flags['requires_safety_checker'] = False
    if 'add_watermarker' in type(pipe).__init__.__code__.co_varnames:
        flags['add_watermarker'] = False
    made = type(pipe)(**parts, **flags)
    made.set_progress_bar_config(disable=True)
    return made


def image_of(pipe, is_refiner, **conditioning):
    """Two steps from one noise; the refiner begins with a grey ramp."""
    import torch
    from PIL import Image
    options = {'height': SIZE, 'width': SIZE}
    if is_refiner:
        ramp = np.linspace(0, 255, SIZE * SIZE * 3).astype(np.uint8).reshape(SIZE, SIZE, 3)
        options = {'image': Image.fromarray(ramp), 'strength': 1.0}
    return pipe(**conditioning, **options, num_inference_steps=2, guidance_scale=5.0, output_type='np',
                generator=torch.Generator().manual_seed(0)).images


def padwise_file(a, folder, prompt, negative, work):
    path = os.path.join(work, 'conditioning.safetensors')
    given = [] if negative is None else ['-n', negative]
    result = subprocess.run([a.padwise, 'encode', '-q', '-m', folder, '-o', path, *given, '--', prompt],
                            capture_output=True, text=True, check=False)
    return (path, '') if result.returncode == 0 else (None, (result.stderr.strip().splitlines() or ['no message'])[-1])


def judge(tally, what, image, wanted, other):
    error, moved = np.abs(image - wanted).max(), np.abs(wanted - other).max()
    problems = [f'a pixel differs by {error:.3g}'] if not error <= LIMIT else []
    problems += [f'the prompt moves the image by {moved:.3g} only'] if not moved > 100 * LIMIT else []
    tally.report(f'{what} (the prompt moves it by {moved:.2g})', problems, error)


def check(tally, a, recipe, work):
    from safetensors.torch import load_file
    folder, is_refiner = os.path.join(work, recipe), recipe == 'sdxl-refiner'
    write_folder(folder, recipe, a.seed)
    pipe = make_pipeline(folder, a.seed)
    for prompt in PROMPTS:
        for negative in NEGATIVES:
            what = f'{recipe} {prompt[:20]!r} negative {negative!r}'
            path, message = padwise_file(a, folder, prompt, negative, work)
            if path is None:
                tally.report(what, [message])
                continue
            image = image_of(pipe, is_refiner, **load_file(path))
            wanted = image_of(pipe, is_refiner, prompt=prompt, negative_prompt=negative)
            judge(tally, what, image, wanted, image_of(pipe, is_refiner, prompt='green hills', negative_prompt=negative))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('padwise')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--recipes', default='sd15,sd21,sdxl,sdxl-refiner')
    p.add_argument('--show', action='store_true', help='what passes, too')
    a = p.parse_args()
    a.padwise = os.path.abspath(a.padwise)
    settle()
    tally = Tally(LIMIT, a.show, 'difference of a pixel')
    with tempfile.TemporaryDirectory() as work:
        for recipe in a.recipes.split(','):
            check(tally, a, recipe, work)
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
