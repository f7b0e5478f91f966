import { type Draft, fileOfBytes } from "./config-files";

/** The path within the folder that was chosen, or the name of a file that was chosen alone. */
function pathOf(file: File): string {
  const [, ...inner] = file.webkitRelativePath.split("/");
  return inner.length > 0 ? inner.join("/") : file.name;
}

/** Hidden files are no part of a config, nor is partner.yaml, which holds settings of a fresh mesh. */
function belongs(path: string): boolean {
  return path !== "partner.yaml" && !path.split("/").some((part) => part.startsWith("."));
}

export async function readUpload(files: FileList | readonly File[]): Promise<Draft> {
  const wanted = Array.from(files).filter((file) => belongs(pathOf(file)));
  return Promise.all(wanted.map(async (file) => fileOfBytes(pathOf(file), new Uint8Array(await file.arrayBuffer()))));
}
