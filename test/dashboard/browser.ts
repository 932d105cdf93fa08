/** A browser, and the dashboard in it as a person has it: signed in, on one page. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export interface DashboardOptions {
  readonly url: string;
  /** Signs in with it. Default: nobody is signed in. */
  readonly token?: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly theme?: 'light' | 'dark';
}

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** One browser for a file of tests. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    // Root has no sandbox to give away; the pages are ours alone.
    const options = { executablePath: await chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] };
    return new TestBrowser(await chromium.launch(options));
  }

  async open(options: DashboardOptions): Promise<Dashboard> {
    const { size = DESKTOP, theme = 'light' } = options;
    const context = await this.#browser.newContext({
      viewport: size,
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    const dashboard = new Dashboard(context, await context.newPage(), options.url);
    await dashboard.page.goto(options.url);
    if (options.token !== undefined) await dashboard.signIn(options.token);
    return dashboard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export class Dashboard implements AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  readonly #context: BrowserContext;
  readonly #faults: string[] = [];

  constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.url = url;
    page.on('pageerror', (error) => this.#faults.push(error.message));
    page.on('console', (message) => {
      // What the server refuses, and a server that is down, is for the page to say; the browser says it as well.
      const isNetwork = /Failed to load resource|ERR_/.test(message.text());
      if (message.type() === 'error' && !isNetwork) this.#faults.push(message.text());
    });
  }

  /** What the page has thrown, or what its policy forbade: nothing, where all is well. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  async signIn(token: string): Promise<void> {
    await this.page.getByLabel('Token').first().fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Pages' }).waitFor();
  }

  /** Another page of the dashboard, such as `/history`. */
  async show(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.url).href);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Presses the button and says yes to what it asks. */
  async press(name: string, reason?: string): Promise<void> {
    await this.button(name).click();
    const dialog = this.page.getByRole('dialog');
    if (reason !== undefined) await dialog.getByLabel('Why').fill(reason);
    await dialog.getByRole('button', { name, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** What a button that cannot be used now says of that. */
  async refusal(name: string): Promise<string> {
    // It says that it is disabled, which a person may click all the same.
    await this.button(name).click({ force: true });
    const dialog = this.page.getByRole('dialog');
    const said = await dialog.getByText('It cannot be done now').innerText();
    await this.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    return said;
  }

  /** The page as a picture in the folder; a whole one, as far as it goes. */
  async picture(folder: string, name: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}

async function chromiumPath(): Promise<string> {
  const { access } = await import('node:fs/promises');
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const path = join(folder, 'chromium');
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error('chromium is not installed: apt-get install chromium');
}
