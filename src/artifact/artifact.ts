/** What was found in a source: the files, and what they are. Reading it has sent nothing and changed nothing. */
export interface Artifact {
  /** Absolute path of the source's directory, free of symbolic links. */
  readonly root: string;
  /** Sorted by path, byte by byte in UTF-8. */
  readonly files: readonly ArtifactFile[];
  /** Directories that hold nothing; sorted like the files. Others follow from the files' paths. */
  readonly emptyDirectories: readonly string[];
  /** Sum of the files' sizes. */
  readonly bytes: number;
  readonly facts: ModelFacts;
  /** What a person should know though it is no error, a sentence each. */
  readonly warnings: readonly string[];
}

export interface ArtifactFile {
  /** Relative to the root, `/` between names, no `.` or `..`. */
  readonly path: string;
  /**
   * Where it is read: absolute, inside the root, free of symbolic links. Whoever opens it later compares the identity of
   * what was opened: by then it may be another file, or lie behind a link.
   */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  readonly identity: FileIdentity;
  readonly format: FileFormat;
}

/** What tells one state of a file from another without reading it. Nanoseconds as bigint: a double cannot hold them. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export type FileFormat = 'safetensors' | 'gguf' | 'onnx' | 'pickle' | 'other';

/** What the model files say of themselves; what they do not say is left out. */
export interface ModelFacts {
  /** The format of the weights: the one with the most bytes. */
  readonly format?: FileFormat;
  /** Number of weights: the sum over all tensors. Left out where quantised weights are packed into integers. */
  readonly parameters?: number;
  /** safetensors: the types of the tensors, by number of weights, most first ("BF16,F32"). */
  readonly precision?: string;
  /** GGUF: "Q4_K_M" and the like. Else the method that config.json names: "gptq", "fp8". */
  readonly quantization?: string;
  readonly tensors?: number;
  /** Tokens. */
  readonly contextLength?: number;
  readonly architecture?: string;
}
