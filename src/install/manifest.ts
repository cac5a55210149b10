/** An object of the Kubernetes API as it is applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** How the controller is to be installed. */
export interface InstallOptions {
  readonly namespace: string;
  /** The one image that holds the controller, the builder and the command line. */
  readonly image: string;
  readonly replicas: number;
  /** The controller's settings, as in its file. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** PEM text, where the settings name a file with authorities. */
  readonly authorities: string | undefined;
}

/** By which the controller's pods are known. A Deployment's can never change. */
export const SELECTOR = {
  'app.kubernetes.io/name': 'stowage',
  'app.kubernetes.io/component': 'controller',
} as const;

/** On everything that belongs to the installation. */
export const COMMON_LABELS = { 'app.kubernetes.io/name': 'stowage' } as const;
