/** An API server: where it is, and how it and we know each other. */
export interface Cluster {
  /** For messages: the name of the kubeconfig's context, or "in-cluster". */
  readonly name: string;
  /** May have a path, behind which the API lies. */
  readonly server: URL;
  /** Where objects are looked for when nobody says so. */
  readonly namespace: string;
  /** An `http:`, `https:` or `socks5:` proxy on the way there. */
  readonly proxy: string | undefined;
  /** The name that the server's certificate is for, where it is not the one in `server`. */
  readonly tlsServerName: string | undefined;
  /** Whether the server's certificate is not looked at. */
  readonly insecure: boolean;
  /** Headers that ask the server to act as another user. */
  readonly impersonate: Readonly<Record<string, string | readonly string[]>>;
  readonly credentials: CredentialSource;
}

/** What server and client show each other. PEM texts. */
export interface Credential {
  /** The authorities that may have signed the server's certificate; none means those of the system. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The value of the header `authorization`. */
  readonly authorization?: string | undefined;
}

/** Where credentials come from: they change while a process runs. */
export interface CredentialSource {
  /**
   * What is good now; the same object as long as nothing changed.
   * @throws KubeconfigInvalid when there is none.
   */
  current(): Promise<Credential>;
  /** Tells that the server refused these. @returns whether there are others now, so that another try has a chance. */
  renew(refused: Credential): Promise<boolean>;
}
