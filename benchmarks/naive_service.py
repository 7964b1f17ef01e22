"""The service that many would write first: FastAPI, Pillow and Keras, one picture a request.

    python benchmarks/naive_service.py MODEL.keras PORT

``service_load.py`` starts it, which takes about 10 s, to measure it beside ``happysad serve``.
"""

from __future__ import annotations

import sys

import keras
import numpy as np
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image

app = FastAPI()
model = keras.models.load_model(sys.argv[1])
_, height, width, _ = model.input_shape


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/v1/predict")
def predict(file: UploadFile) -> dict[str, float]:
    image = Image.open(file.file).convert("RGB").resize((width, height))
    pixels = np.asarray(image, np.float32)[None]
    return {"probability": float(model.predict(pixels, verbose=0)[0, -1])}


if __name__ == "__main__":
    model.predict(np.zeros((1, height, width, 3), np.float32), verbose=0)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
