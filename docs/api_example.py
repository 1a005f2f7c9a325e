"""From a folder of JPEGs to a COCO file, all by API: TOKEN=lbl_pat_… python docs/api_example.py URL FOLDER"""

import os
import sys
import time
import uuid
from pathlib import Path

import httpx

url, images = sys.argv[1], sorted(Path(sys.argv[2]).glob("*.jpg"))
with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}) as client:

    def api(method, path, **options):
        return client.request(method, path, **options).raise_for_status().json()

    new = {"workspace": api("GET", "/workspaces/")["results"][0]["code"], "name": f"Example {uuid.uuid4().hex[:6]}"}
    dataset = api("POST", "/datasets/", json={**new, "source": "upload"})["code"]
    files = [{"path": image.name, "byte_size": image.stat().st_size} for image in images]
    for upload, image in zip(api("POST", "/uploads/", json={"dataset": dataset, "files": files}), images, strict=True):
        chunk = {"Content-Type": "application/octet-stream", "Upload-Offset": "0"}  # of at most 4 MiB
        api("PATCH", f"/uploads/{upload['code']}/", content=image.read_bytes(), headers=chunk)
    boxes = {**new, "task_type": "box", "datasets": [dataset], "labels": [{"name": "Thing"}]}
    project = api("POST", "/projects/", json=boxes)["code"]
    api("POST", f"/projects/{project}/start/")
    while api("GET", f"/projects/{project}/")["state"] != "running":
        time.sleep(0.2)
    label = api("GET", f"/labels/?project={project}")["results"][0]["code"]
    while tasks := api("POST", f"/projects/{project}/lease/", json={"count": 1})["tasks"]:
        size = {side: tasks[0]["image"][side] / 2 for side in ("width", "height")}  # your model's boxes go here
        box = {"id": str(uuid.uuid4()), "shape": "box", "label": label, "x": size["width"] / 2, "y": size["height"] / 2}
        answer = {"labels": [], "regions": [{**box, **size, "origin": "import"}], "empty": False}
        item = {"task": tasks[0]["code"], "lease": tasks[0]["lease"]["token"], "document": answer}
        api("POST", f"/projects/{project}/submit/", json={"key": str(uuid.uuid4()), "items": [item], "next": 0})
    export = api("POST", "/exports/", json={"project": project, "format": "coco"})
    while api("GET", f"/exports/{export['code']}/")["state"] != "succeeded":
        time.sleep(0.2)
    address = api("GET", f"/exports/{export['code']}/download/")["url"]
    Path(f"{export['name']}.json").write_bytes(httpx.get(address).raise_for_status().content)
