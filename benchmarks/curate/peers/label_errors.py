"""cleanlab's self-confidence on cross-validated scikit-learn logistic regression, and a plain kNN vote, on
the vectors that it is given: JSON `{path, jobs}` on stdin; the scores are left beside the vectors.
"""

import json
import sys
import time
import warnings

import numpy as np
from cleanlab.rank import get_label_quality_scores
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

warnings.filterwarnings("ignore")


def confident(vectors: np.ndarray, classes: np.ndarray, seed: int) -> np.ndarray:
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = LogisticRegression(C=10, max_iter=100)
    found = cross_val_predict(model, vectors, classes, cv=folds, method="predict_proba")
    return 1 - get_label_quality_scores(classes, found, method="self_confidence")


def voted(vectors: np.ndarray, classes: np.ndarray, k: int = 10) -> np.ndarray:
    scores = np.zeros(len(classes))
    for start in range(0, len(classes), 2000):
        cosine = vectors[start : start + 2000] @ vectors.T
        rows = np.arange(start, start + len(cosine))
        cosine[np.arange(len(rows)), rows] = -2
        near = np.argpartition(-cosine, k, axis=1)[:, :k]
        scores[rows] = (classes[near] != classes[rows][:, None]).mean(axis=1)
    return scores


asked = json.load(sys.stdin)
took = {"cleanlab": [], "knn": []}
for path in asked["paths"]:
    given = np.load(path)
    vectors = given["vectors"].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    _, classes = np.unique(given["classes"], return_inverse=True)
    start = time.process_time()
    one = confident(vectors, classes, 0)
    middle = time.process_time()
    other = voted(vectors, classes)
    took["cleanlab"].append(middle - start)
    took["knn"].append(time.process_time() - middle)
    np.savez(path + ".scores.npz", cleanlab=one, knn=other)
print(json.dumps(took))
