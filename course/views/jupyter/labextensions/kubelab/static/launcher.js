// A card in JupyterLab's launcher that opens the course's start page.
//
// JupyterLab loads this file as one that webpack's Module Federation built: a container with `init`, which gets
// JupyterLab's own modules, and `get`, which gives the plugin. So it needs no build, and nothing installed.
(() => {
  'use strict';
  const COMMAND = 'kubelab:start';
  const PAGE = 'start.ipynb';
  let modules;

  const module = async name => (await Object.values(modules[name])[0].get())();

  // The start page is at the root where `lab start` serves one language, below notebooks/ where it is the
  // whole repository, as on Binder. Folders are listed: asking for what is not there logs an error.
  async function pages(contents) {
    const list = async path => (await contents.get(path)).content;
    const has = files => files.some(file => file.name === PAGE);
    const root = await list('');
    const found = has(root) ? [{ path: PAGE, label: 'Kubelab' }] : [];
    if (root.some(file => file.type === 'directory' && file.name === 'notebooks')) {
      for (const folder of await list('notebooks')) {
        if (folder.type === 'directory' && has(await list(folder.path))) {
          const language = new Intl.DisplayNames([folder.name], { type: 'language' });
          found.push({ path: `${folder.path}/${PAGE}`, label: `Kubelab: ${language.of(folder.name)}` });
        }
      }
    }
    return found;
  }

  function activate(app, launcher) {
    app.commands.addCommand(COMMAND, {
      label: args => args.label || 'Kubelab',
      caption: 'Lessons, progress, the cluster',
      execute: args => app.commands.execute('docmanager:open', { path: args.path || PAGE, factory: 'Notebook' })
    });
    if (launcher) {
      pages(app.serviceManager.contents).then(
        found => found.forEach((args, rank) => launcher.add({ command: COMMAND, category: 'Notebook', rank: rank - 10, args })),
        problem => console.error('kubelab: the notebooks cannot be listed', problem)
      );
    }
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.kubelab = {
    init: async scope => {
      modules = scope;
    },
    get: async () => {
      const { ILauncher } = await module('@jupyterlab/launcher');
      const plugin = { id: 'kubelab:start', autoStart: true, optional: [ILauncher], activate };
      return () => ({ __esModule: true, default: plugin });
    }
  };
})();
