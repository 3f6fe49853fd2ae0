// The package has no types of its own, and those of DefinitelyTyped are of an older version that knows no streams.
// Answers are `unknown`: what B2 sends is checked where it is read.
declare module 'backblaze-b2' {
  export interface Options {
    /** Given to axios below what the package sets. */
    axios?: Readonly<Record<string, unknown>>;
    /** Merged over what the package sets: the way to fields that it does not know. */
    axiosOverride?: Readonly<Record<string, unknown>>;
  }

  export interface Answer {
    status: number;
    data: unknown;
    headers: unknown;
  }

  interface Upload extends Options {
    uploadUrl: string;
    uploadAuthToken: string;
    data: NodeJS.ReadableStream;
    hash: string;
    contentLength: number;
  }

  export default class B2 {
    constructor(options: { applicationKeyId: string; applicationKey: string; retry: { retries: number } });
    readonly apiUrl: string;
    authorize(options: Options): Promise<Answer>;
    getBucket(options: Options & { bucketName: string }): Promise<Answer>;
    getUploadUrl(options: Options & { bucketId: string }): Promise<Answer>;
    uploadFile(
      options: Upload & { fileName: string; mime: string; info: Readonly<Record<string, string>> },
    ): Promise<Answer>;
    startLargeFile(options: Options & { bucketId: string; fileName: string; contentType: string }): Promise<Answer>;
    getUploadPartUrl(options: Options & { fileId: string }): Promise<Answer>;
    uploadPart(options: Upload & { partNumber: number }): Promise<Answer>;
    finishLargeFile(options: Options & { fileId: string; partSha1Array: readonly string[] }): Promise<Answer>;
    cancelLargeFile(options: Options & { fileId: string }): Promise<Answer>;
    getFileInfo(options: Options & { fileId?: string }): Promise<Answer>;
    listFileVersions(
      options: Options & { bucketId: string; startFileName?: string; startFileId?: string; maxFileCount: number },
    ): Promise<Answer>;
    deleteFileVersion(options: Options & { fileId: string; fileName: string }): Promise<Answer>;
    downloadFileById(options: Options & { fileId: string; responseType: 'stream' }): Promise<Answer>;
  }
}
