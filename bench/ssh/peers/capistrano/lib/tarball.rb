require 'capistrano/scm/plugin'

# Packs the release once and sends it to all hosts at once: no checkout on the hosts.
class Tarball < Capistrano::SCM::Plugin
  def set_defaults
    set_if_empty :tarball, File.join(ENV.fetch('WORK'), 'release.tar.gz')
  end

  def register_hooks
    after 'deploy:new_release_path', 'tarball:create_release'
    before 'deploy:set_current_revision', 'tarball:set_current_revision'
  end

  def define_tasks
    namespace :tarball do
      task :pack do
        run_locally { execute :tar, '-C', ENV.fetch('RELEASE'), '-czf', fetch(:tarball), '.' }
      end

      task create_release: :pack do
        on release_roles(:all) do
          upload! fetch(:tarball), "#{fetch(:deploy_to)}/release.tar.gz"
          execute :mkdir, '-p', release_path, '&&', :tar, '-xzf', "#{fetch(:deploy_to)}/release.tar.gz", '-C', release_path
        end
      end

      task :set_current_revision do
        set :current_revision, ENV.fetch('VERSION')
      end
    end
  end
end
