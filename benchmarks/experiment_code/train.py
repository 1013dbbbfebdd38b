"""Trains a multi-layer perceptron on handwritten digits, as a job of the experiment. Says at every epoch how far it is."""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

HELD_BACK = 297

parser = argparse.ArgumentParser()
parser.add_argument("--epoch", type=int, required=True)
parser.add_argument("--repeat", type=int, default=20, help="how often an epoch goes through the digits")
given = parser.parse_args()

digits = load_digits()
pixels, labels = digits.data / 16.0, digits.target
train, test = slice(HELD_BACK, None), slice(HELD_BACK)
inputs = np.tile(pixels[train], (given.repeat, 1))
targets = np.tile(labels[train], given.repeat)
model = MLPClassifier(hidden_layer_sizes=(256, 256), batch_size=64, random_state=0)
print(f"[ACAI_TAG_NUM] job steps:{given.epoch}", flush=True)
for epoch in range(1, given.epoch + 1):
    model.partial_fit(inputs, targets, classes=np.arange(10))
    accuracy = model.score(pixels[test], labels[test])
    print(f"[ACAI_TAG_NUM] job accuracy:{accuracy:.4f}\n[ACAI_TAG_NUM] job step:{epoch}", flush=True)
